import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A heartbeat", .migratedDatabase)
struct HeartbeatTests {
    @Test("extends a lease from now, and keeps the last progress that was told")
    func extends() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            let tasks = try await fixture.claim(lease: .seconds(5))
            let before = try await fixture.now()
            let progress = TaskProgress(step: "half", percent: 50)
            #expect(try await fixture.heartbeat(tasks, progress: progress, lease: .seconds(60)) == [id: .held])
            #expect(try await fixture.heartbeat(tasks, lease: .seconds(60)) == [id: .held])
            let expiry = try #require(try await fixture.stored(id).leaseExpiresAt)
            #expect(expiry >= before + 60)
            let step = try await fixture.value(
                String.self,
                Statement("SELECT progress ->> 'step' AS value FROM queue.tasks")
            )
            #expect(step == "half")
        }
    }

    @Test("extends only the leases it names")
    func extendsNoOther() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let ids = try await fixture.enqueue(count: 2)
            let tasks = try await fixture.claim()
            try #require(tasks.count == 2)
            let before = try await fixture.stored(ids[1])
            _ = try await fixture.heartbeat([tasks[0]], lease: .seconds(300))
            #expect(try await fixture.stored(ids[1]) == before)
        }
    }

    @Test("says that somebody asked to stop a task, and still extends its lease")
    func cancel() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            let tasks = try await fixture.claim(lease: .seconds(5))
            let before = try #require(try await fixture.stored(id).leaseExpiresAt)
            try await fixture.run("UPDATE queue.tasks SET cancel_requested_at = now()")
            #expect(try await fixture.heartbeat(tasks) == [id: .cancel])
            let after = try #require(try await fixture.stored(id).leaseExpiresAt)
            #expect(after > before)
        }
    }

    @Test("says that a lease is lost when the task is another's, and leaves that one alone")
    func lostToAnother() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            let old = try #require(try await fixture.claim("worker-1").first)
            try await fixture.finish(old, .released)
            _ = try await fixture.claim("worker-2", lease: .seconds(5))
            let before = try await fixture.stored(id)
            #expect(try await fixture.heartbeat([old], by: "worker-1", lease: .seconds(300)) == [id: .lost])
            #expect(try await fixture.stored(id) == before)
        }
    }

    @Test("says that a lease is lost when the task has ended")
    func lostToTheEnd() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            try await fixture.finish(task, .succeeded)
            #expect(try await fixture.heartbeat([task]) == [id: .lost])
        }
    }

    @Test("names the leases of this worker, and of no other, that it was not told of")
    func unknown() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let ids = try await fixture.enqueue(count: 3)
            let known = try await fixture.claim("worker-1", limit: 1)
            _ = try await fixture.claim("worker-1", limit: 1)
            _ = try await fixture.claim("worker-2", limit: 1)
            #expect(try await fixture.heartbeat(known, by: "worker-1") == [ids[0]: .held, ids[1]: .unknown])
        }
    }

    @Test("tells one lease of a task from an earlier one of the same worker")
    func sameTaskTwice() async throws {
        try await TestDatabase.current.withQueue { fixture in
            try await fixture.enqueue()
            let old = try #require(try await fixture.claim().first)
            try await fixture.finish(old, .released)
            let new = try #require(try await fixture.claim().first)
            let (lost, held) = (TaskProgress(step: "old", percent: 90), TaskProgress(step: "new", percent: 10))
            let answers = try await fixture.queue.heartbeat(
                HeartbeatRequest(
                    workerID: "worker-1",
                    queues: ["host-1"],
                    version: "test",
                    isStopping: false,
                    leases: [old.held: lost, new.held: held],
                    leaseDuration: .seconds(30)
                )
            )
            let verdicts = Dictionary(uniqueKeysWithValues: answers.map { ($0.lease, $0.verdict) })
            #expect(verdicts == [old.held: .lost, new.held: .held])
            let step = try await fixture.value(
                String.self,
                Statement("SELECT progress ->> 'step' AS value FROM queue.tasks")
            )
            #expect(step == "new")
        }
    }

    @Test("leaves out a row that somebody holds locked, neither extended nor lost")
    func locked() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let ids = try await fixture.enqueue(count: 2)
            let tasks = try await fixture.claim()
            try await fixture.whileLocked(ids[0]) {
                let answers = try await fixture.heartbeat(tasks)
                #expect(answers == [ids[1]: .held])
            }
            #expect(try await fixture.heartbeat(tasks) == [ids[0]: .held, ids[1]: .held])
        }
    }

    @Test("makes the worker known, and says when it stops")
    func workerRow() async throws {
        try await TestDatabase.current.withQueue { fixture in
            try await fixture.enqueue()
            let tasks = try await fixture.claim()
            _ = try await fixture.heartbeat(tasks)
            let alive = try #require(try await fixture.queue.workers().first)
            #expect(alive.id == "worker-1" && alive.queues == ["host-1"] && alive.version == "test")
            #expect(alive.isAlive && !alive.isStopping && alive.running == 1)
            _ = try await fixture.heartbeat(tasks, isStopping: true)
            let workers = try await fixture.queue.workers()
            let stopped = try #require(workers.first)
            #expect(workers.count == 1 && stopped.isStopping && !stopped.isAlive)
            #expect(stopped.startedAt == alive.startedAt && stopped.lastSeenAt >= alive.lastSeenAt)
        }
    }

    @Test("that a worker has not sent for half a minute shows it dead")
    func silentWorker() async throws {
        let database = TestDatabase.current
        _ = try await database.withQueue { try await $0.heartbeat([]) }
        try await database.withQueue(clockOffset: "31 seconds") { fixture in
            let workers = try await fixture.queue.workers()
            #expect(workers.map(\.isAlive) == [false])
        }
    }
}

@Suite("The rows that heartbeats change")
struct HeartbeatStorageTests {
    @Test("are changed in place: all but a few updates are HOT")
    func hot() async throws {
        // A server of its own, since any open transaction of another test would keep dead rows; and one connection, so
        // that its statistics are all there are.
        let database = try await PostgresCluster.start().createMigratedDatabase()
        try await database.withQueue(maximumConnections: 1) { fixture in
            _ = try await fixture.enqueue(count: 20)
            let tasks = try await fixture.claim()
            let before = try await Self.updates(fixture)
            for round in 0..<50 {
                _ = try await fixture.heartbeat(tasks, progress: TaskProgress(step: "step", percent: round))
            }
            let after = try await Self.updates(fixture)
            #expect(after.all - before.all == 1000)
            #expect(after.hot - before.hot >= 950)
        }
    }

    private static func updates(_ fixture: QueueFixture) async throws -> (all: Int, hot: Int) {
        try await fixture.flushStatistics()
        let row = try #require(
            try await fixture.pool.execute(
                Statement(
                    """
                    SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables
                    WHERE schemaname = 'queue' AND relname = 'tasks'
                    """
                )
            ).first
        )
        return (try row.decode(Int.self, "n_tup_upd"), try row.decode(Int.self, "n_tup_hot_upd"))
    }
}

extension QueueFixture {
    /// Makes the statistics of this session visible; of use with one connection only.
    func flushStatistics() async throws {
        try await pool.execute(Statement("SELECT pg_stat_force_next_flush()"))
        // The flush comes when the session falls idle after that statement.
        try await pool.execute(Statement("SELECT 1"))
    }
}
