import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Plans of claims from limited and paused queues, made while they were empty", .migratedDatabase)
struct LimitPlanTests {
    @Test("read only what they take and what runs, however much waits and runs elsewhere")
    func claims() async throws {
        // One connection, so that its plans and its statistics are all there are.
        try await TestDatabase.current.withQueue(maximumConnections: 1) { fixture in
            try await fixture.run("VACUUM ANALYZE queue.tasks")
            try await fixture.queue.setRunningLimit(3, of: "host-1")
            _ = try await fixture.queue.pause("host-2", reason: nil)
            // More often than a plan made for one call is tried: from now on the plans are fixed.
            for turn in 0..<10 { try await Self.claimAndFinish(fixture, turn) }
            for priority in 0...2 {
                try await fixture.run(FairnessTests.fill(10_000, priority: priority))
                try await fixture.run(FairnessTests.fill(1000, priority: priority, queue: "host-2"))
                try await fixture.run(FairnessTests.fill(1000, priority: priority, queue: "host-3"))
            }
            _ = try await fixture.claim("worker-3", from: "host-3", limit: 512)
            let before = try await Self.reads(fixture)
            for turn in 0..<10 { try await Self.claimAndFinish(fixture, turn) }
            let read = try await Self.reads(fixture) - before
            #expect(read < 3000, "\(read) rows or entries were read")
        }
    }

    private static func claimAndFinish(_ fixture: QueueFixture, _ turn: Int) async throws {
        _ = try await fixture.enqueue(count: 4)
        let tasks = try await fixture.queue.claim(
            ClaimRequest(
                workerID: "worker-1",
                kinds: ["work"],
                queues: [.init(name: "host-1", limit: 5), .init(name: "host-2", limit: 5)],
                leaseDuration: .seconds(30),
                turn: Int32(turn % 7)
            )
        ).tasks
        #expect(tasks.count == 3)
        _ = try await fixture.queue.finish(tasks.map { TaskEnding(lease: $0.held, verb: .succeeded) })
    }

    /// Rows of the table and entries of its indexes read so far.
    private static func reads(_ fixture: QueueFixture) async throws -> Int {
        try await fixture.flushStatistics()
        return try await fixture.value(
            Int.self,
            Statement(
                """
                SELECT t.seq_tup_read + (
                    SELECT sum(i.idx_tup_read)::bigint FROM pg_stat_user_indexes i WHERE i.relid = t.relid
                ) AS value
                FROM pg_stat_user_tables t WHERE t.relid = 'queue.tasks'::regclass
                """
            )
        )
    }
}
