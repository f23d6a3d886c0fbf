package import Foundation
package import Logging
package import Postgres
import ServiceLifecycle

/// Wakes those who wait for tasks: one listener and one look every few seconds for all of them, however many.
///
/// Workers tell on a channel which tasks they have claimed, brought forward or ended. A notification may be lost, or never
/// sent: so while anybody waits, one statement now and then finds out whose task has changed. Behind a pooler, where no
/// notification arrives, the look alone serves.
package final class TaskWatch: Service, Sendable {
    private struct State {
        var isOpen = false
        var count = 0
        /// How many of them each project has.
        var shares: [String: Int] = [:]
        var waiters: [UUID: [ObjectIdentifier: TaskWaiter]] = [:]
    }

    /// The channel on which workers tell; a payload is ids with spaces between them, and a `!` before one that has ended.
    package static let channel = "reprieve_news"
    /// How many are woken at each look although nothing is known to have changed: a place in line, or what is said of a
    /// host, is found by reading the task only.
    private static let rounds = 200

    private let queue: TaskQueue
    private let configuration: PostgresConfiguration
    private let limit: Int
    private let share: Int
    private let lookInterval: Duration
    private let logger: Logger
    private let state = Guarded(State())
    private let nudge = Pulse()

    /// - Parameters:
    ///   - queue: where the tasks are.
    ///   - configuration: where to listen: the same database.
    ///   - limit: how many may wait at the same time.
    ///   - share: how many of them one project may have, so that it does not take the places of all.
    ///   - lookInterval: how often it looks while anybody waits.
    ///   - logger: told about connections and looks that fail, at info and below.
    package init(
        queue: TaskQueue,
        configuration: PostgresConfiguration,
        limit: Int,
        share: Int,
        lookInterval: Duration = .seconds(2),
        logger: Logger
    ) {
        self.queue = queue
        self.configuration = configuration
        self.limit = limit
        self.share = share
        self.lookInterval = lookInterval
        self.logger = logger
    }

    /// How many wait now.
    package var waitingCount: Int { state.withLock { $0.count } }

    /// Stands in line for news of a task. To be called before the task is read, so that no change falls between.
    /// - Parameters:
    ///   - project: whose share of the places it takes.
    ///   - isCurious: whether any change matters, also of its place in line; else only the end does.
    /// - Returns: nil when as many wait as may, of all or of the project, and before and after ``run()``. Else `leave()` must follow.
    package func join(_ task: UUID, of project: String, isCurious: Bool) -> TaskWaiter? {
        let waiter = TaskWaiter(task: task, project: project, isCurious: isCurious, watch: self)
        let isFirst: Bool? = state.withLock { state in
            guard state.isOpen, state.count < limit, state.shares[project, default: 0] < share else { return nil }
            state.count += 1
            state.shares[project, default: 0] += 1
            state.waiters[task, default: [:]][ObjectIdentifier(waiter)] = waiter
            return state.count == 1
        }
        guard let isFirst else { return nil }
        if isFirst { nudge.signal() }
        return waiter
    }

    func remove(_ waiter: TaskWaiter) {
        state.withLock { state in
            guard state.waiters[waiter.task]?.removeValue(forKey: ObjectIdentifier(waiter)) != nil else { return }
            state.count -= 1
            let others = state.shares[waiter.project, default: 1] - 1
            state.shares[waiter.project] = others > 0 ? others : nil
            if state.waiters[waiter.task]?.isEmpty == true { state.waiters[waiter.task] = nil }
        }
    }

    /// Serves until graceful shutdown or cancellation, which end all waits.
    /// - Throws: `PostgresError` `.connectionFailed` when the process has no descriptor left.
    package func run() async throws {
        state.withLock { $0.isOpen = true }
        defer { close() }
        let listener = Listener(
            configuration: configuration,
            channels: [Self.channel],
            logger: logger,
            deliver: { event in
                self.hear(event)
                return true
            }
        )
        try await cancelWhenGracefulShutdown {
            try await withThrowingTaskGroup { group in
                group.addTask { try await listener.run() }
                group.addTask { await self.looks() }
                try await group.next()
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }

    private func close() {
        let waiters = state.withLock { state in
            state.isOpen = false
            return state.waiters.values.flatMap(\.values)
        }
        waiters.forEach { $0.finish() }
    }

    /// Takes what the listener hears, on its thread.
    private func hear(_ event: Listener.Event) {
        switch event {
        case .notification(_, let payload):
            let words = payload.split(separator: " ")
            wake(words.filter { $0.first == "!" }.map { $0.dropFirst() })
            wake(words.filter { $0.first != "!" }, onlyCurious: true)
        // Whatever happened while nobody listened.
        case .listening: nudge.signal()
        case .lost: break
        }
    }

    private func wake(_ words: [Substring], onlyCurious: Bool = false) {
        wake(words.compactMap { UUID(uuidString: String($0)) }) { $0.isCurious || !onlyCurious }
    }

    private func wake(_ tasks: [UUID], where isMeant: (TaskWaiter) -> Bool) {
        let waiters = state.withLock { state in
            tasks.flatMap { state.waiters[$0].map { Array($0.values) } ?? [] }
        }
        for waiter in waiters where isMeant(waiter) { waiter.wake() }
    }

    private func looks() async {
        while !Task.isCancelled {
            if waitingCount == 0 {
                await nudge.wait()
            } else {
                await nudge.wait(upTo: lookInterval)
                await look()
            }
        }
    }

    private func look() async {
        let waiters = state.withLock { $0.waiters.values.flatMap(\.values) }
        let seen = Set(waiters.compactMap(\.seen))
        guard !seen.isEmpty else { return }
        do {
            wake(try await queue.changedTasks(Array(seen))) { _ in true }
        } catch {
            logger.info("waiting tasks were not looked at", metadata: ["error.message": "\(error)"])
        }
        // In turn: those that have slept longest.
        waiters.filter(\.isCurious).sorted { $0.sleepsSince < $1.sleepsSince }.prefix(Self.rounds).forEach { $0.wake() }
    }
}
