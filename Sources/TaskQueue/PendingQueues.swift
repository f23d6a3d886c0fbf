import Postgres

/// The names of queues that wait to be woken, each once.
final class PendingQueues: Sendable {
    private let names = Guarded(Set<String>())
    private let pulse = Pulse()

    func insert(_ name: String) {
        let isNew = names.withLock { $0.insert(name).inserted }
        if isNew { pulse.signal() }
    }

    func takeAll() -> Set<String> {
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
