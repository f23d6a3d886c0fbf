/// How far one queue has been claimed, so that a claim keeps off the dead rows behind it. Pure.
///
/// Positions come from a sequence and become visible out of order, so the mark keeps a slack below the highest claimed
/// position, and a look from the start, at most once per poll interval, finds what was below even that. When it finds
/// more there than it can take, the mark goes back to where it came, until a look finds nothing more.
package struct Watermark: Sendable, Hashable {
    /// Looking from the start, in each of the three priority classes.
    package static let start: [Int64] = [0, 0, 0]
    /// How many positions below the highest claimed one may still become visible.
    static let slack: Int64 = 1000

    /// What a look says of the tasks that it did not take.
    enum Rest {
        /// There are none.
        case none
        /// There may be some, at higher positions of their class than those it took.
        case later
    }

    /// Where the next claim begins, for each priority class.
    package private(set) var low = Watermark.start
    /// Where it began before it went back.
    private var highest = Watermark.start

    /// Begins at the start of every class.
    package init() {}

    /// Whether a look that began there passed over nothing above the mark.
    func isCovered(by begin: [Int64]) -> Bool {
        zip(begin, low).allSatisfy { $0 <= $1 }
    }

    /// Learns from the look that began at `begin` and took these tasks.
    ///
    /// A class in which the look began above the mark, since that has gone back meanwhile, keeps its mark.
    mutating func learn(_ tasks: some Collection<QueuedTask>, from begin: [Int64], rest: Rest) {
        var last = Watermark.start
        for task in tasks where last.indices.contains(task.priority) {
            last[task.priority] = max(last[task.priority], task.position)
        }
        for priority in low.indices {
            let mark = max(0, last[priority] - Self.slack)
            highest[priority] = max(highest[priority], mark)
            guard begin[priority] <= low[priority] else { continue }
            switch rest {
            case .none: low[priority] = highest[priority]
            case .later where 0 < last[priority] && last[priority] < low[priority]: low[priority] = mark
            case .later: low[priority] = max(low[priority], mark)
            }
        }
    }
}
