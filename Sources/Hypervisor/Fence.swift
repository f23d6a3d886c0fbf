/// The right to act on a server, as a number that only grows: what a driver compares before it touches anything.
///
/// Compared by `timeline` first, then by `token`, so that a token that is drawn again after a database failover cannot
/// pass for an old one.
package struct Fence: Sendable, Hashable, Codable {
    /// Timeline of the database that granted the lease; grows by one at each failover.
    package var timeline: UInt32

    /// Lease token, drawn from one sequence at each claim.
    package var token: Int64

    /// Makes a fence out of its two parts; any values are allowed.
    package init(timeline: UInt32, token: Int64) {
        self.timeline = timeline
        self.token = token
    }
}

extension Fence: Comparable {
    /// Whether `left` was granted before `right`.
    package static func < (left: Fence, right: Fence) -> Bool {
        (left.timeline, left.token) < (right.timeline, right.token)
    }
}

extension Fence: CustomStringConvertible {
    /// `timeline/token`, for messages.
    package var description: String { "\(timeline)/\(token)" }
}
