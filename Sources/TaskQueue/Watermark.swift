/// How far one queue has been claimed, so that a claim keeps off the dead rows behind it. Pure.
///
/// Positions come from a sequence and become visible out of order, so the mark keeps a slack below the highest claimed
/// position, and a rescan from the start, at most once per poll interval, finds what was below even that.
package struct Watermark: Sendable, Hashable {
    /// Looking from the start, in each of the three priority classes.
    package static let start: [Int64] = [0, 0, 0]
    /// How many positions below the highest claimed one may still become visible.
    static let slack: Int64 = 1000

    /// Where the next claim begins, for each priority class.
    package private(set) var low = Watermark.start

    package init() {}

    /// Learns from a claim.
    package mutating func claimed(_ tasks: some Sequence<QueuedTask>) {
        for task in tasks where low.indices.contains(task.priority) {
            low[task.priority] = max(low[task.priority], task.position - Self.slack)
        }
    }
}
