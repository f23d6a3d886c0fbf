import Foundation
import Postgres
import TestSupport
import Testing

@testable import TaskQueue

@Suite("The history", .migratedDatabase)
struct HistoryTests {
    @Test("takes a task that ends on a day for which nobody made a partition")
    func noPartition() async throws {
        try await TestDatabase.current.withQueue(clockOffset: "40 days") { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            #expect(try await fixture.finish(task, .succeeded)?.verdict == .finished)
            #expect(try await fixture.stored(id).place == .history)
        }
    }

    @Test("takes tasks that end at once on a day for which nobody made a partition")
    func noPartitionForMany() async throws {
        try await TestDatabase.current.withQueue { fixture in
            _ = try await fixture.enqueue(count: 8)
            let tasks = try await fixture.claim()
            try await withThrowingTaskGroup { group in
                for task in tasks { group.addTask { try await fixture.finish(task, .succeeded) } }
                for try await answer in group { #expect(answer?.verdict == .finished) }
            }
            #expect(try await Self.partitions(fixture) == 1)
        }
    }

    @Test("makes a partition only after its tasks are locked, in the order in which a rescue goes")
    func lockOrder() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            let finish = try await fixture.pool.withConnection { connection in
                try await connection.transaction { connection in
                    try await connection.execute(
                        Statement("SELECT FROM queue.tasks WHERE id = $1 FOR UPDATE"),
                        [.uuid(id)]
                    )
                    let finish = Task { try await fixture.finish(task, .succeeded) }
                    try await waitUntil("the finish waits for the row") {
                        try await fixture.sessionsWaitingForLocks(in: "finish_tasks") == 1
                    }
                    try await connection.execute(
                        Statement("SELECT queue.make_history_partition_v1((now() AT TIME ZONE 'UTC')::date)")
                    )
                    return finish
                }
            }
            #expect(try await finish.value?.verdict == .finished)
        }
    }

    @Test("has partitions for the days ahead")
    func ahead() async throws {
        try await TestDatabase.current.withQueue { fixture in
            try await fixture.queue.maintainHistory(sweptAt: Date())
            #expect(try await Self.partitions(fixture) == 4)
            try await fixture.queue.maintainHistory(sweptAt: Date())
            #expect(try await Self.partitions(fixture) == 4)
        }
    }

    @Test("drops what is past the retention, and nothing else")
    func retention() async throws {
        let database = TestDatabase.current
        // Kept for 7 days: the eighth day back is over for every task that ended in it.
        let gone = try await Self.finishOne(database, at: "-9 days")
        let kept = try await Self.finishOne(database, at: "-6 days 23 hours")
        try await database.withQueue { fixture in
            try await fixture.queue.maintainHistory(sweptAt: Date())
            #expect(try await fixture.stored(kept).place == .history)
            await #expect(throws: FixtureError.self) { try await fixture.stored(gone) }
        }
    }

    @Test("is not dropped by a clock that jumped ahead", arguments: [nil, Date()])
    func clockAhead(sweptAt: Date?) async throws {
        let database = TestDatabase.current
        let id = try await Self.finishOne(database, at: "0")
        try await database.withQueue(clockOffset: "400 days") { fixture in
            _ = try await fixture.heartbeat([], by: "young")
            try await fixture.queue.maintainHistory(sweptAt: sweptAt)
            #expect(try await fixture.stored(id).place == .history)
            #expect(try await fixture.queue.workers().map(\.id) == ["young"])
        }
    }

    @Test("is dropped by a sweep's time only when the sweep had something to compare it with, and no doubt")
    func trust() {
        let now = Date()
        let first = SweepRequest(mayRescue: true, previous: nil, witness: now)
        let second = SweepRequest(mayRescue: true, previous: (now, .seconds(1)), witness: now)
        let fine = SweepAnswer(sweptAt: now, rescued: 0, enqueued: 0, note: nil)
        let doubtful = SweepAnswer(sweptAt: now, rescued: 0, enqueued: 0, note: "the clock jumped")
        #expect(second.trusts(fine) == now)
        #expect(first.trusts(fine) == nil && second.trusts(doubtful) == nil)
    }

    @Test("is kept with the workers of that time, longer only while they hold a lease")
    func workers() async throws {
        let database = TestDatabase.current
        try await database.withQueue(clockOffset: "-8 days") { fixture in
            try await fixture.enqueue()
            let tasks = try await fixture.claim("holder")
            _ = try await fixture.heartbeat(tasks, by: "holder")
            _ = try await fixture.heartbeat([], by: "idle")
        }
        try await database.withQueue { fixture in
            _ = try await fixture.heartbeat([], by: "young")
            try await fixture.queue.maintainHistory(sweptAt: Date())
            let workers = try await fixture.queue.workers()
            #expect(workers.map(\.id) == ["young", "holder"])
        }
    }

    @Test("is not dropped under a reader, and meanwhile takes what ends")
    func openReader() async throws {
        let database = TestDatabase.current
        let old = try await Self.finishOne(database, at: "-30 days")
        try await database.withQueue { fixture in
            try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            try await fixture.pool.withConnection { reader in
                try await reader.transaction { reader in
                    try await reader.execute(Statement("SELECT count(*) FROM queue.history"))
                    async let maintained: Void = fixture.queue.maintainHistory(sweptAt: Date())
                    #expect(try await fixture.finish(task, .succeeded)?.verdict == .finished)
                    // With the reader still there: it gives up.
                    try await maintained
                }
            }
            #expect(try await fixture.stored(old).place == .history)
            try await fixture.queue.maintainHistory(sweptAt: Date())
            await #expect(throws: FixtureError.self) { try await fixture.stored(old) }
        }
    }

    private static func finishOne(_ database: TestDatabase, at offset: String) async throws -> UUID {
        try await database.withQueue(clockOffset: offset) { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            try await fixture.finish(task, .succeeded)
            return id
        }
    }

    private static func partitions(_ fixture: QueueFixture) async throws -> Int {
        try await fixture.value(
            Int.self,
            Statement("SELECT count(*) AS value FROM pg_inherits WHERE inhparent = 'queue.history'::regclass")
        )
    }
}
