/// The path and the query of a request, taken apart.
struct RequestTarget: Sendable {
    /// Path parts, decoded; empty parts are dropped, as Nova does.
    let segments: [String]
    /// Whether a slash follows the last part.
    let endsWithSlash: Bool
    let query: Query

    /// - Parameter text: the target as the request line has it.
    init(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "?"), maxSplits: 1, omittingEmptySubsequences: false)
        let path = PercentCoding.decode(Substring(parts[0]))
        segments = path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
        endsWithSlash = path.utf8.last == UInt8(ascii: "/")
        query = Query(parts.count > 1 ? Substring(parts[1]) : "")
    }
}
