import Foundation
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@testable import TaskQueue

@Suite("A queue behind PgBouncer in transaction mode", .migratedDatabase)
struct PgBouncerQueueTests {
    /// With `.always` every transaction begins on a session that has forgotten everything: whoever relies on anything of
    /// a session fails. With `.never` it may find what another client left.
    @Test("can do all that it can without", arguments: [PgBouncer.Reset.never, .always])
    func functions(_ reset: PgBouncer.Reset) async throws {
        try await PgBouncer.run(reset: reset) { bouncer in
            try await bouncer.withPool(maximumConnections: 4) { pool in
                let fixture = QueueFixture(pool: pool, queue: TaskQueue(pool: pool))
                let ids = try await fixture.enqueue(count: 3)
                let tasks = try await fixture.claim(limit: 2)
                #expect(tasks.map(\.id) == Array(ids.prefix(2)))
                #expect(try await fixture.heartbeat(tasks) == [ids[0]: .held, ids[1]: .held])
                #expect(try await fixture.finish(tasks[0], .succeeded)?.verdict == .finished)
                #expect(try await fixture.finish(tasks[0], .succeeded)?.verdict == .again)
                _ = try await fixture.claim(lease: .milliseconds(1))
                try await waitUntil("the last is rescued") { try await fixture.sweep().rescued == 1 }
                try await fixture.queue.maintainHistory(sweptAt: Date())
                try await fixture.queue.wake(["host-1"])
                #expect(try await fixture.queue.workers().map(\.running) == [1])
                #expect(try await fixture.stored(ids[0]).place == .history)
            }
        }
    }

    @Test(
        "is worked off by workers that poll, over fewer connections than there are clients",
        arguments: [
            PgBouncer.Reset.never, .always,
        ]
    )
    func drains(_ reset: PgBouncer.Reset) async throws {
        try await PgBouncer.run(serverConnections: 2, reset: reset) { bouncer in
            try await bouncer.withPool(maximumConnections: 4) { pool in
                let queue = TaskQueue(pool: pool)
                let fixture = QueueFixture(pool: pool, queue: queue)
                let ended = Guarded([UUID]())
                let modes = Guarded([WakeUps.Mode]())
                let services = try (1...3).flatMap { number -> [any Service] in
                    let wakeUps = WakeUps(
                        queue: queue,
                        configuration: try bouncer.configuration(),
                        options: .test(echo: .milliseconds(500)),
                        logger: TestDatabase.logger,
                        observe: { mode in modes.withLock { $0.append(mode) } }
                    )
                    let worker = Worker(
                        queue: queue,
                        handlers: [TestHandler { _ in .succeeded() }],
                        options: .test(id: "worker-\(number)"),
                        notifications: wakeUps.events,
                        observe: { if case .ended(let task, _, _) = $0 { ended.withLock { $0.append(task.id) } } }
                    )
                    return [wakeUps, worker]
                }
                let group = ServiceGroup(configuration: .init(services: services, logger: TestDatabase.logger))
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await group.run() }
                    let ids = try await fixture.enqueue(count: 60)
                    try await waitUntil("all tasks have ended") { ended.withLock { $0.count } >= ids.count }
                    #expect(Set(ended.withLock { $0 }) == Set(ids))
                    try await waitUntil("all know that they poll") { modes.withLock { $0.count } == 3 }
                    #expect(modes.withLock { $0 } == Array(repeating: .polling(.pooler), count: 3))
                    await group.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                }
            }
        }
    }

    @Test("tells those who wait for tasks that they have ended, and of every other change", arguments: [false, true])
    func waits(isCurious: Bool) async throws {
        try await PgBouncer.run { bouncer in
            try await bouncer.withPool(maximumConnections: 4) { pool in
                let fixture = QueueFixture(pool: pool, queue: TaskQueue(pool: pool))
                let watch = TaskWatch(
                    queue: fixture.queue,
                    configuration: try bouncer.configuration(applicationName: "watch"),
                    limit: 300,
                    share: 300,
                    lookInterval: .milliseconds(20),
                    logger: TestDatabase.logger
                )
                let group = ServiceGroup(configuration: .init(services: [watch], logger: TestDatabase.logger))
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    tasks.addTask { try await group.run() }
                    let ids = try await fixture.enqueue(count: 300)
                    try await waitUntil("it is open") {
                        guard let waiter = watch.join(ids[0], of: "aaaa", isCurious: false) else { return false }
                        waiter.leave()
                        return true
                    }
                    let woken = Guarded(0)
                    for id in ids {
                        let waiter = try #require(watch.join(id, of: "aaaa", isCurious: isCurious))
                        tasks.addTask {
                            // Woken, it looks by itself, since the wake-up may have been for nothing.
                            while try await fixture.stored(id).status == "queued" {
                                try Task.checkCancellation()
                                await waiter.wait(until: .now + .seconds(3600), mark: "queued 0  ")
                            }
                            woken.withLock { $0 += 1 }
                            waiter.leave()
                        }
                    }
                    let claimed = try await fixture.claim(limit: ids.count)
                    if !isCurious { for task in claimed { _ = try await fixture.finish(task, .succeeded) } }
                    try await waitUntil("all are woken") { woken.withLock { $0 == ids.count } }
                    await group.triggerGracefulShutdown()
                    try await tasks.waitForAll()
                }
            }
        }
    }
}
