import Synchronization

/// Counts connections.
final class ConnectionGate: Sendable {
    /// What becomes of a connection.
    enum Admission {
        case served
        /// It is told that there are too many.
        case refused
        /// There are too many even to be told.
        case droppedAtOnce
    }

    private static let refusedAtOnce = 64

    private let limit: Int
    private let count = Atomic(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// For every connection ``leave()`` must follow when it ends.
    func enter() -> Admission {
        let number = count.add(1, ordering: .relaxed).newValue
        if number <= limit { return .served }
        return number <= limit + Self.refusedAtOnce ? .refused : .droppedAtOnce
    }

    func leave() {
        count.subtract(1, ordering: .relaxed)
    }
}
