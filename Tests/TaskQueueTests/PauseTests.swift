import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A paused queue", .migratedDatabase)
struct PauseTests {
    @Test("gives nothing and takes tasks; others are not touched; it goes on where it stopped")
    func pause() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let running = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            #expect(task.id == running)
            #expect(try await fixture.queue.pause("host-1", reason: "new disks") == nil)
            try await fixture.enqueue()
            let other = try await fixture.enqueue("host-2")
            #expect(try await fixture.claim().isEmpty)
            #expect(try await fixture.claim(from: "host-2").map(\.id) == [other])
            // What ran goes on, to its end.
            #expect(try await fixture.heartbeat([task]) == [task.id: .held])
            #expect(try await fixture.finish(task, .succeeded)?.verdict == .finished)
        }
        // Nobody who knew of it is left.
        try await database.withQueue { fixture in
            let before = try await fixture.claim()
            let since = try await fixture.queue.resume("host-1")
            #expect(before.isEmpty && since != nil)
            #expect(try await fixture.claim().count == 1)
            #expect(try await fixture.queue.resume("host-1") == nil)
        }
    }

    @Test("again keeps its time, and its reason unless there is a new one")
    func again() async throws {
        try await TestDatabase.current.withQueue { fixture in
            #expect(try await fixture.queue.pause("host-1", reason: "new disks") == nil)
            let since = try #require(try await fixture.queue.stats(of: "host-1").first?.pausedAt)
            #expect(try await fixture.queue.pause("host-1", reason: nil) == since)
            #expect(try await fixture.queue.stats(of: "host-1").first?.pauseReason == "new disks")
            #expect(try await fixture.queue.pause("host-1", reason: "new fans") == since)
            let stats = try #require(try await fixture.queue.stats(of: "host-1").first)
            #expect(stats.pausedAt == since && stats.pauseReason == "new fans")
        }
    }

    @Test("keeps its limit, and nothing is left to say of one that is neither paused nor limited")
    func leavesNothing() async throws {
        try await TestDatabase.current.withQueue { fixture in
            _ = try await fixture.queue.pause("host-1", reason: nil)
            try await fixture.queue.setRunningLimit(3, of: "host-1")
            _ = try await fixture.queue.resume("host-1")
            #expect(try await fixture.queue.stats(of: "host-1").map(\.runningLimit) == [3])
            try await fixture.queue.setRunningLimit(nil, of: "host-1")
            #expect(try await fixture.queue.stats().isEmpty)
        }
    }

    @Test("wakes its workers when it is resumed")
    func wakes() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            _ = try await fixture.queue.pause("host-1", reason: nil)
            let id = try await fixture.enqueue()
            let handler = TestHandler { _ in .succeeded() }
            let options = WorkerOptions.test(poll: .seconds(3600), sweep: .seconds(3600))
            try await withWorker(options, on: database, listens: true, handlers: [handler]) { _ in
                try await fixture.waitUntilWorkerSleeps()
                #expect(try await fixture.stored(id).status == "queued")
                _ = try await fixture.queue.resume("host-1")
                try await waitUntil("the task is done") { try await fixture.stored(id).status == "succeeded" }
            }
        }
    }
}

@Suite("The limit of running tasks", .migratedDatabase)
struct RunningLimitTests {
    @Test("holds over all workers, and each end makes room")
    func overAll() async throws {
        try await TestDatabase.current.withQueue { fixture in
            _ = try await fixture.enqueue(count: 6)
            try await fixture.queue.setRunningLimit(3, of: "host-1")
            let first = try await fixture.claim("worker-1", limit: 2)
            let second = try await fixture.claim("worker-2", limit: 2)
            #expect(first.count == 2 && second.count == 1)
            #expect(try await fixture.claim("worker-3").isEmpty)
            try await fixture.finish(first[0], .succeeded)
            #expect(try await fixture.claim("worker-2").count == 1)
            // Fewer than run already: nothing, and no harm.
            try await fixture.queue.setRunningLimit(1, of: "host-1")
            #expect(try await fixture.claim("worker-2").isEmpty)
            try await fixture.queue.setRunningLimit(nil, of: "host-1")
            #expect(try await fixture.claim("worker-2").count == 2)
        }
    }

    @Test("does not slow a worker down that has more slots: each end makes room at once")
    func moreSlots() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            try await fixture.queue.setRunningLimit(1, of: "host-1")
            let ids = try await fixture.enqueue(count: 5)
            let handler = TestHandler { _ in .succeeded() }
            let options = WorkerOptions.test(poll: .seconds(3600), sweep: .seconds(3600))
            try await withWorker(options, on: database, handlers: [handler]) { _ in
                for id in ids {
                    try await waitUntil("all are done") { try await fixture.stored(id).status == "succeeded" }
                }
            }
        }
    }

    @Test("of one queue leaves another alone, also in one claim")
    func ofOne() async throws {
        try await TestDatabase.current.withQueue { fixture in
            for name in ["a", "b"] { _ = try await fixture.enqueue(count: 5, name) }
            try await fixture.queue.setRunningLimit(2, of: "b")
            let claim = try await fixture.queue.claim(Self.request("worker-1", ["b", "a"]))
            #expect(claim.tasks.map(\.queue).sorted() == ["a", "a", "a", "a", "a", "b", "b"])
        }
    }

    @Test("is never exceeded by workers that claim at the same time, and none waits for another for ever")
    func concurrent() async throws {
        try await TestDatabase.current.withQueue(maximumConnections: 12) { fixture in
            for name in ["a", "b"] {
                try await fixture.run(FairnessTests.fill(300, priority: 1, queue: name))
                try await fixture.queue.setRunningLimit(5, of: name)
            }
            let done = Guarded(0)
            let most = Guarded(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    // Each names its queues in an order of its own.
                    let names = worker.isMultiple(of: 2) ? ["a", "b"] : ["b", "a"]
                    group.addTask {
                        for _ in 0..<25 {
                            let request = Self.request("worker-\(worker)", names, limit: 3)
                            let tasks = try await fixture.queue.claim(request).tasks
                            let running = try await fixture.mostRunning()
                            most.withLock { $0 = max($0, running) }
                            _ = try await fixture.queue.finish(
                                tasks.map { TaskEnding(lease: $0.held, verb: .succeeded) }
                            )
                            done.withLock { $0 += tasks.count }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let (seen, ended) = (most.withLock { $0 }, done.withLock { $0 })
            #expect(seen > 0 && seen <= 5)
            #expect(ended > 100)
        }
    }

    @Test("is counted anew by a claim that waited for another")
    func waits() async throws {
        try await TestDatabase.current.withQueue { fixture in
            _ = try await fixture.enqueue(count: 4)
            try await fixture.queue.setRunningLimit(3, of: "host-1")
            let second = try await fixture.pool.withConnection { connection in
                try await connection.transaction { connection in
                    let first = try await connection.execute(
                        Statement(
                            """
                            SELECT id FROM queue.claim_tasks_v3('worker-1', '{work}', '{host-1}', '{2}', '{0,0,0}', 0, 30)
                            """
                        )
                    )
                    #expect(first.count == 2)
                    let waiting = Task { try await fixture.claim("worker-2", limit: 2) }
                    try await waitUntil("the second claim waits for the first") {
                        try await fixture.sessionsWaitingForLocks(in: "claim_tasks") == 1
                    }
                    return waiting
                }
            }
            #expect(try await second.value.count == 1)
        }
    }

    private static func request(_ worker: String, _ names: [String], limit: Int = 10) -> ClaimRequest {
        ClaimRequest(
            workerID: worker,
            kinds: ["work"],
            queues: names.map { .init(name: $0, limit: limit) },
            leaseDuration: .seconds(30)
        )
    }
}

extension QueueFixture {
    /// How many tasks run in the queue where most do.
    fileprivate func mostRunning() async throws -> Int {
        try await value(
            Int?.self,
            Statement(
                """
                SELECT max(n) AS value
                FROM (SELECT count(*) AS n FROM queue.tasks WHERE status = 'running' GROUP BY queue) x
                """
            )
        ) ?? 0
    }
}
