import Foundation
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@testable import TaskQueue

/// A worker, and all that wakes it: a notifier without a limit, which would make wake-ups rare, and a listener.
///
/// It polls and sweeps so seldom that a task whose wake-up is lost stays where it is.
private struct SleepyWorker {
    let notifier: TaskNotifier
    private let endings: Endings
    private let services: ServiceGroup

    init(_ fixture: QueueFixture, on database: TestDatabase, slots: Int) throws {
        let endings = Endings()
        let wakeUps = WakeUps(
            queue: fixture.queue,
            configuration: try database.configuration(),
            logger: TestDatabase.logger,
            observe: { _ in }
        )
        let worker = Worker(
            queue: fixture.queue,
            handlers: [TestHandler { _ in .succeeded() }],
            options: .test(
                queues: ["host-1": slots],
                lease: .seconds(300),
                poll: .seconds(300),
                sweep: .seconds(300)
            ),
            notifications: wakeUps.events,
            observe: { if case .ended = $0 { endings.add() } }
        )
        notifier = TaskNotifier(
            queue: fixture.queue,
            logger: TestDatabase.logger,
            limiter: WakeUpLimiter(interval: .zero, burst: 1)
        )
        services = ServiceGroup(
            configuration: .init(services: [wakeUps, worker, notifier], logger: TestDatabase.logger)
        )
        self.endings = endings
    }

    func whileWorking(_ body: () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            try await body()
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }

    /// Waits until so many tasks have ended in all, and returns as soon as the last has.
    func hasEnded(_ count: Int) async -> Bool {
        await endings.wait(for: count)
    }
}

/// How many tasks have ended.
private final class Endings: Sendable {
    private let count = Guarded(0)
    private let changed = Pulse()

    func add() {
        count.withLock { $0 += 1 }
        changed.signal()
    }

    func wait(for expected: Int) async -> Bool {
        let deadline = ContinuousClock.now + .seconds(30)
        while count.withLock({ $0 }) < expected {
            guard ContinuousClock.now < deadline else { return false }
            await changed.wait(upTo: .seconds(30))
        }
        return true
    }
}

@Suite("A wake-up", .migratedDatabase)
struct LostWakeUpTests {
    private static let tasks = 10_000
    /// Producers that enqueue at once in one round.
    private static let mostProducers = 4

    /// Each round enqueues one to four tasks about the moment at which the worker, having ended those of the round
    /// before, goes to sleep. Then everybody waits until they have ended, so that nobody else wakes a worker that was
    /// not woken.
    @Test("is never lost, however it races with a worker that goes to sleep")
    func race() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let sleepy = try SleepyWorker(fixture, on: database, slots: Self.mostProducers)
            try await sleepy.whileWorking {
                var enqueued = 0
                var isLost = false
                while enqueued < Self.tasks, !isLost {
                    let producers = min(Int.random(in: 1...Self.mostProducers), Self.tasks - enqueued)
                    enqueued += producers
                    try await Self.produce(producers, fixture, sleepy.notifier)
                    isLost = await !sleepy.hasEnded(enqueued)
                }
                #expect(!isLost, "one of the last tasks of \(enqueued) was not found")
            }
        }
    }

    private static func produce(_ count: Int, _ fixture: QueueFixture, _ notifier: TaskNotifier) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask {
                    spin(for: .microseconds(Int.random(in: 0...500)))
                    try await fixture.enqueue()
                    notifier.notify("host-1")
                }
            }
            try await group.waitForAll()
        }
    }

    /// Jitter that is finer than any sleep.
    private static func spin(for duration: Duration) {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {}
    }
}
