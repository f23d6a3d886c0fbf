import Postgres

/// Names of things that wait to be told of, each once.
final class PendingNames<Name: Hashable & Sendable>: Sendable {
    private let names = Guarded(Set<Name>())
    private let pulse = Pulse()

    /// - Parameter most: with as many there is no room for another.
    func insert(_ name: Name, ifFewerThan most: Int = .max) {
        let isNew = names.withLock { $0.count < most && $0.insert(name).inserted }
        if isNew { pulse.signal() }
    }

    func takeAll() -> Set<Name> {
        names.withLock { names in
            defer { names = [] }
            return names
        }
    }

    /// Waits until there is a name.
    /// - Returns: false when the task was cancelled.
    func wait() async -> Bool {
        while !Task.isCancelled, names.withLock({ $0.isEmpty }) { await pulse.wait() }
        return !Task.isCancelled
    }
}
