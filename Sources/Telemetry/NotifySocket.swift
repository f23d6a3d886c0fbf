package import Glibc

/// The datagram socket on which systemd listens: a path, or a name in the abstract namespace written with a leading
/// `@`.
package struct NotifySocket: Sendable {
    let name: String

    /// Sends one message, without ever waiting.
    /// - Returns: what went wrong, or nil.
    func send(_ message: String) -> String? {
        guard let address = Self.address(name) else { return "\(name.debugDescription) is no name of a local socket" }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return Self.failure("socket") }
        defer { close(descriptor) }
        let bytes = Array(message.utf8)
        let sent = withUnsafePointer(to: address.value) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(
                    descriptor,
                    bytes,
                    bytes.count,
                    Int32(MSG_DONTWAIT | MSG_NOSIGNAL),
                    $0,
                    address.length
                )
            }
        }
        return sent == bytes.count ? nil : Self.failure("sendto \(name)")
    }

    /// The address of a name, and how many of its bytes count: an abstract name ends where its length says.
    package static func address(_ name: String) -> (value: sockaddr_un, length: socklen_t)? {
        var value = sockaddr_un()
        value.sun_family = sa_family_t(AF_UNIX)
        var path = Array(name.utf8)
        guard let first = path.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@") else { return nil }
        let isAbstract = first == UInt8(ascii: "@")
        // A path must leave room for the zero byte behind it; in an abstract name the zero byte stands in front.
        guard path.count < MemoryLayout.size(ofValue: value.sun_path) else { return nil }
        if isAbstract { path[0] = 0 }
        withUnsafeMutableBytes(of: &value.sun_path) { $0.copyBytes(from: path) }
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? MemoryLayout<sa_family_t>.size
        return (value, socklen_t(offset + path.count + (isAbstract ? 0 : 1)))
    }

    private static func failure(_ call: String) -> String {
        let code = errno
        return "\(call): \(String(cString: strerror(code)))"
    }
}
