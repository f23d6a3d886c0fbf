import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A dead letter", .migratedDatabase)
struct DeadLetterTests {
    @Test("keeps of every attempt, also of a lost lease, when it was, which, whose, and why it failed")
    func errors() async throws {
        let database = TestDatabase.current
        let id = try await database.withQueue { fixture in
            let id = try await fixture.enqueue(maxAttempts: 2)
            let task = try #require(try await fixture.claim("worker-1").first)
            try await fixture.finish(task, .retrying(after: .zero), failure: .transient("slow"))
            try await fixture.sweep()
            _ = try await fixture.claim("worker-2", lease: .microseconds(1))
            return id
        }
        try await database.withQueue { fixture in
            #expect(try await fixture.sweep().rescued == 1)
            let task = try #require(try await fixture.claim("worker-3").first)
            #expect(task.attempt == 2)
            try await fixture.finish(task, .failed, failure: .permanent("broken"))

            let stored = try await fixture.stored(id)
            #expect(stored.place == .dead && stored.lostLeases == 1)
            #expect(stored.errors == ["slow", "lease_lost", "broken"])
            #expect(try await fixture.entries(id, "attempt") == ["1", "2", "2"])
            #expect(try await fixture.entries(id, "worker_id") == ["worker-1", "worker-2", "worker-3"])
            #expect(
                try await fixture.entries(id, "reason")
                    == ["It did not work.", "The worker stopped answering.", "It cannot work."]
            )
            #expect(try await fixture.entries(id, "cause") == ["the test", "the lease ran out", "the test"])
            let inOrder = try await fixture.value(
                Bool.self,
                Statement(
                    """
                    SELECT bool_and(at BETWEEN d.started_at AND d.finished_at AND at >= before) AS value
                    FROM queue.dead d CROSS JOIN LATERAL (
                        SELECT (e ->> 'at')::timestamptz AS at,
                            coalesce(lag((e ->> 'at')::timestamptz) OVER (ORDER BY n), '-infinity') AS before
                        FROM jsonb_array_elements(d.errors) WITH ORDINALITY AS x (e, n)
                    ) times
                    WHERE d.id = $1
                    """
                ),
                [.uuid(id)]
            )
            #expect(inOrder)
        }
    }

    @Test("is made of a task whose workers die only at the limit of lost leases, whatever its attempts")
    func lostLeaseLimit() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue(maxAttempts: 1)
            let limit = 20
            for round in 1...limit {
                let task = try #require(try await fixture.claim("worker-\(round)", lease: .microseconds(1)).first)
                #expect(task.attempt == 1)
                #expect(try await fixture.sweep().rescued == 1)
                let stored = try await fixture.stored(id)
                #expect(stored.place == (round < limit ? .tasks : .dead), "after \(round) lost leases")
                #expect(stored.lostLeases == round && stored.errors.count == round)
            }
            #expect(try await fixture.stored(id).status == "failed")
        }
    }

    @Test("outlives the retention, and blocks neither its subject nor its queue")
    func outlives() async throws {
        let database = TestDatabase.current
        let subject = UUID()
        let (dead, done) = try await database.withQueue(clockOffset: "-30 days") { fixture in
            let dead = try await fixture.enqueue(subject: subject)
            try await fixture.finish(try #require(try await fixture.claim().first), .failed, failure: .permanent("x"))
            let done = try await fixture.enqueue()
            try await fixture.finish(try #require(try await fixture.claim().first), .succeeded)
            return (dead, done)
        }
        try await database.withQueue { fixture in
            try await fixture.queue.maintainHistory(sweptAt: Date())
            #expect(try await fixture.stored(dead).place == .dead)
            await #expect(throws: FixtureError.self) { try await fixture.stored(done) }
            let next = try await fixture.enqueue(subject: subject)
            #expect(try await fixture.claim().map(\.id) == [next])
        }
    }
}

extension QueueFixture {
    /// One member of each error of a dead letter, the first error first.
    fileprivate func entries(_ id: UUID, _ member: String) async throws -> [String?] {
        try await pool.execute(
            Statement(
                """
                SELECT e ->> $2 AS value
                FROM queue.dead d, jsonb_array_elements(d.errors) WITH ORDINALITY AS x (e, n)
                WHERE d.id = $1 ORDER BY n
                """
            ),
            [.uuid(id), .text(member)]
        )
        .map { try $0.decode(String?.self, "value") }
    }
}
