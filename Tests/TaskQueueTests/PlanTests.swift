import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Plans made while the queue was empty", .migratedDatabase)
struct PlanTests {
    private static let waiting = 20_000
    private static let rounds = 10

    @Test("never read the queue from end to end when it is full")
    func neverAll() async throws {
        // One connection, so that its plans and its statistics are all there are.
        try await TestDatabase.current.withQueue(maximumConnections: 1) { fixture in
            try await fixture.run("VACUUM ANALYZE queue.tasks")
            // More often than a plan made for one call is tried: from now on the plans are fixed.
            for _ in 0..<Self.rounds { try await Self.everything(fixture) }
            try await fixture.run(ClaimTests.fill(Self.waiting))
            let before = try await Self.reads(fixture)
            for _ in 0..<Self.rounds { try await Self.everything(fixture) }
            let after = try await Self.reads(fixture)
            #expect(after.scans == before.scans)
            // Of a walk through a whole index the statistics of scans say nothing; one would read 20,000 entries.
            #expect(after.entries - before.entries < Self.waiting)
        }
    }

    /// Every call that a worker makes, each on a few tasks.
    private static func everything(_ fixture: QueueFixture) async throws {
        _ = try await fixture.enqueue(count: 4)
        let tasks = try await fixture.claim(limit: 4, lease: .microseconds(1))
        try #require(tasks.count == 4)
        // All but the last, whose lease is over at once.
        _ = try await fixture.heartbeat(tasks.dropLast())
        try await fixture.finish(tasks[0], .succeeded)
        try await fixture.finish(tasks[1], .retrying(after: .zero), failure: .transient("x"))
        try await fixture.finish(tasks[2], .released)
        _ = try await fixture.heartbeat([])
        #expect(try await fixture.sweep().rescued == 1)
        _ = try await fixture.queue.workers()
        for task in try await fixture.claim(limit: 3) { try await fixture.finish(task, .succeeded) }
    }

    /// How often the whole table was read, and how many entries of its indexes.
    private static func reads(_ fixture: QueueFixture) async throws -> (scans: Int, entries: Int) {
        try await fixture.flushStatistics()
        let scans = try await fixture.value(
            Int.self,
            Statement(
                """
                SELECT seq_scan AS value FROM pg_stat_user_tables WHERE schemaname = 'queue' AND relname = 'tasks'
                """
            )
        )
        let entries = try await fixture.value(
            Int.self,
            Statement(
                """
                SELECT sum(idx_tup_read)::bigint AS value FROM pg_stat_user_indexes
                WHERE schemaname = 'queue' AND relname = 'tasks'
                """
            )
        )
        return (scans, entries)
    }
}
