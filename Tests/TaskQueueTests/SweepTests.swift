import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A sweep", .migratedDatabase)
struct SweepTests {
    @Test("rescues by the lease that ran out, never by age")
    func byLease() async throws {
        let database = TestDatabase.current
        let old = try await database.withQueue(clockOffset: "-30 days") { fixture in
            try await fixture.enqueue()
            return try #require(try await fixture.claim("worker-1").first)
        }
        try await database.withQueue { fixture in
            _ = try await fixture.heartbeat([old], by: "worker-1")
            let young = try await fixture.enqueue()
            let claimed = try await fixture.claim("worker-2", lease: .seconds(1))
            #expect(claimed.map(\.id) == [young])
        }
        try await database.withQueue(clockOffset: "10 seconds") { fixture in
            let answer = try await fixture.sweep()
            #expect(answer.rescued == 1)
            let (kept, rescued) = (try await fixture.stored(old.id), try await fixture.claim("worker-3"))
            #expect(kept.status == "running" && kept.workerID == "worker-1")
            #expect(rescued.count == 1)
        }
    }

    @Test("gives a rescued task back without counting the attempt, and keeps the error")
    func rescued() async throws {
        let database = TestDatabase.current
        let id = try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            _ = try await fixture.claim(lease: .seconds(1))
            return id
        }
        try await database.withQueue(clockOffset: "1 hour") { fixture in
            try await fixture.sweep()
            let stored = try await fixture.stored(id)
            #expect(stored.status == "queued" && stored.attempt == 0 && stored.lostLeases == 1)
            #expect(stored.errors == ["lease_lost"] && stored.token == nil && stored.workerID == nil)
        }
    }

    @Test("rescues nothing for a process whose contact is too young")
    func mayNotRescue() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            try await fixture.enqueue()
            _ = try await fixture.claim(lease: .seconds(1))
        }
        try await database.withQueue(clockOffset: "1 hour") { fixture in
            let (young, old) = (try await fixture.sweep(mayRescue: false), try await fixture.sweep(mayRescue: true))
            #expect(young.rescued == 0 && old.rescued == 1)
        }
    }

    @Test("skips tasks that somebody holds locked")
    func skipsLocked() async throws {
        let database = TestDatabase.current
        let ids = try await database.withQueue { fixture in
            let ids = try await fixture.enqueue(count: 2)
            for id in ids {
                let task = try #require(try await fixture.claim(limit: 1, lease: .seconds(1)).first)
                #expect(task.id == id)
            }
            return ids
        }
        try await database.withQueue(clockOffset: "1 hour") { fixture in
            try await fixture.whileLocked(ids[0]) {
                let answer = try await fixture.sweep()
                #expect(answer.rescued == 1)
            }
            #expect(try await fixture.stored(ids[0]).status == "running")
            #expect(try await fixture.stored(ids[1]).status == "queued")
        }
    }

    @Test("makes a dead letter of a task that kills its workers")
    func lostLeaseLimit() async throws {
        let database = TestDatabase.current
        let id = try await database.withQueue { fixture in
            try await fixture.run("UPDATE queue.settings SET lost_lease_limit = 3")
            return try await fixture.enqueue()
        }
        for round in 1...3 {
            _ = try await database.withQueue { try await $0.claim(lease: .seconds(1)) }
            try await database.withQueue(clockOffset: "1 hour") { fixture in
                try await fixture.sweep()
                let stored = try await fixture.stored(id)
                #expect(stored.place == (round < 3 ? .tasks : .dead) && stored.lostLeases == round)
                #expect(stored.errors == Array(repeating: "lease_lost", count: round))
            }
        }
    }

    @Test("gives back a task that somebody asked to cancel, for a worker to look what was done")
    func rescuedAfterCancel() async throws {
        let database = TestDatabase.current
        let id = try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            _ = try await fixture.claim(lease: .seconds(1))
            try await fixture.run("UPDATE queue.tasks SET cancel_requested_at = now()")
            return id
        }
        try await database.withQueue(clockOffset: "1 hour") { fixture in
            let answer = try await fixture.sweep()
            #expect(answer.rescued == 1)
            let task = try #require(try await fixture.claim("worker-2").first)
            #expect(task.id == id && task.isCancelRequested)
            #expect(try await fixture.finish(task, .released)?.status == "cancelled")
        }
    }

    @Test("leaves everything to a sweep that is under way")
    func oneAtATime() async throws {
        let database = TestDatabase.current
        let id = try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            try await fixture.finish(task, .retrying(after: .zero))
            return id
        }
        try await database.withQueue { fixture in
            try await fixture.pool.withConnection { connection in
                try await connection.transaction { connection in
                    try await connection.execute(
                        Statement("SELECT pg_advisory_xact_lock(hashtext('queue.sweep'))")
                    )
                    let answer = try await fixture.sweep()
                    #expect(answer.sweptAt == nil)
                    #expect(try await fixture.stored(id).status == "retrying")
                }
            }
            let (before, answer, after) = (
                try await fixture.now(), try await fixture.sweep(), try await fixture.now()
            )
            let sweptAt = try #require(answer.sweptAt)
            #expect(sweptAt >= before && sweptAt <= after)
            #expect(try await fixture.stored(id).status == "queued")
        }
    }

    @Test("rescues a lease that was granted before the clock was set back")
    func clockSetBack() async throws {
        let database = TestDatabase.current
        try await database.withQueue(clockOffset: "1 day") { fixture in
            try await fixture.enqueue()
            _ = try await fixture.claim(lease: .seconds(300))
        }
        try await database.withQueue { fixture in
            let answer = try await fixture.sweep()
            #expect(answer.rescued == 1)
        }
    }

    @Test("that is full is followed by another at once")
    func full() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            // More than two sweeps can rescue, and one that falls due when the worker may rescue: its only sweep.
            _ = try await fixture.enqueue(count: 450)
            #expect(try await fixture.claim("dead", limit: 500, lease: .zero).count == 450)
            try await fixture.enqueue()
            let task = try #require(try await fixture.claim("dead").first)
            try await fixture.finish(task, .retrying(after: .seconds(4)))

            let gate = Gate()
            let options = WorkerOptions.test(lease: .seconds(1), sweep: .seconds(3600))
            try await withWorker(options, on: database, handlers: [TestHandler { _ in await gate.pass() }]) { _ in
                try await waitUntil("all are rescued") {
                    try await fixture.value(
                        Int.self,
                        Statement("SELECT count(*) AS value FROM queue.tasks WHERE worker_id = 'dead'")
                    ) == 0
                }
                gate.open()
            }
        }
    }

    @Test("does no more in one call than it was asked to")
    func bounded() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            _ = try await fixture.enqueue(count: 10)
            let tasks = try await fixture.claim(lease: .seconds(1))
            for task in tasks.prefix(5) { try await fixture.finish(task, .retrying(after: .zero)) }
        }
        try await database.withQueue(clockOffset: "1 hour") { fixture in
            let answer = try await fixture.queue.sweep(
                SweepRequest(mayRescue: true, limit: 2, previous: nil, witness: nil)
            )
            let promotedAndRescued = try await fixture.claim().count
            #expect(answer.rescued == 2 && promotedAndRescued == 4)
        }
    }
}
