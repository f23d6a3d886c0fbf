import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("The figures of a queue", .migratedDatabase)
struct QueueStatsTests {
    @Test("count what waits by class, what runs, retries and failed, and who serves it")
    func counts() async throws {
        let database = TestDatabase.current
        try await database.withQueue(clockOffset: "-1 hour") { fixture in
            try await fixture.enqueue(priority: 0)
            let task = try #require(try await fixture.claim().first)
            try await fixture.finish(task, .retrying(after: .seconds(5400)), failure: .transient("x"))
        }
        try await database.withQueue { fixture in
            try await fixture.enqueue()
            try await fixture.finish(
                try #require(try await fixture.claim().first),
                .failed,
                failure: .permanent("y")
            )
            try await fixture.enqueue()
            let running = try await fixture.claim("worker-1")
            for (priority, count) in [(0, 3), (1, 2), (2, 1)] {
                for _ in 0..<count { try await fixture.enqueue(priority: priority) }
            }
            _ = try await fixture.heartbeat(running, by: "worker-1")
            _ = try await fixture.heartbeat([], by: "worker-2")
            _ = try await fixture.heartbeat([], by: "worker-3", isStopping: true)
            try await fixture.enqueue("host-2")

            let all = try await fixture.queue.stats()
            #expect(all.map(\.name) == ["host-1", "host-2"])
            let stats = try #require(all.first)
            #expect(stats.queued == [3, 2, 1] && stats.running == 1 && stats.retrying == 1)
            #expect(stats.dead == 1 && stats.workersAlive == 2)
            #expect(stats.pausedAt == nil && stats.pauseReason == nil && stats.runningLimit == nil)
            let (oldest, due) = (try #require(stats.oldestAge), try #require(stats.nextDue))
            #expect(oldest >= .seconds(3600) && oldest < .seconds(3660))
            #expect(due <= .seconds(1800) && due > .seconds(1740))
            #expect(try await fixture.queue.stats(of: "host-1").map(\.queued) == [[3, 2, 1]])

            let total = QueueStats.total(of: all, workersAlive: 2)
            #expect(total.queued == [3, 3, 1] && total.running == 1 && total.dead == 1)
            #expect(total.oldestAge == stats.oldestAge && total.nextDue == stats.nextDue)
        }
    }

    @Test("are there for a queue that is only paused, limited or served, and for no other")
    func which() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            #expect(try await fixture.queue.stats().isEmpty)
            _ = try await fixture.queue.pause("paused", reason: nil)
            try await fixture.queue.setRunningLimit(7, of: "limited")
            _ = try await fixture.heartbeat([])
            let stats = try await fixture.queue.stats()
            #expect(stats.map(\.name) == ["host-1", "limited", "paused"])
            #expect(stats.map(\.runningLimit) == [nil, 7, nil])
            #expect(stats.map { $0.pausedAt != nil } == [false, false, true])
            #expect(try await fixture.queue.stats(of: "elsewhere").isEmpty)
        }
        try await database.withQueue(clockOffset: "1 minute") { fixture in
            let stats = try await fixture.queue.stats(of: "host-1")
            #expect(stats.map(\.workersAlive) == [0])
        }
    }
}
