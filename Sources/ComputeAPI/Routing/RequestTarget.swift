import Foundation

/// The path and the query of a request, taken apart.
struct RequestTarget: Sendable {
    /// Path parts, decoded; empty parts are dropped, as Nova does.
    let segments: [String]
    /// Whether a slash follows the last part.
    let endsWithSlash: Bool
    let query: Query

    /// - Parameter text: the target as the request line has it.
    init(_ text: String) {
        let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = PercentCoding.decode(parts[0])
        segments = path.split(separator: "/").map(String.init)
        endsWithSlash = path.hasSuffix("/")
        query = Query(parts.count > 1 ? parts[1] : "")
    }
}
