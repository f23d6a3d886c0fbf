import Crypto

/// What a project may know of a host: whether two of its servers share one.
enum HostID {
    /// 56 hex digits, other ones for every project.
    static func make(host: String, projectID: String) -> String {
        SHA256.hash(data: Array((projectID + host).utf8)).prefix(28).reduce(into: "") { text, byte in
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
    }
}
