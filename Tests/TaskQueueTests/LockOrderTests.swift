import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("The order of locks", .migratedDatabase)
struct LockOrderTests {
    @Test("keeps finishes in opposite orders, heartbeats and sweeps from deadlocks, 200 times")
    func noDeadlock() async throws {
        let database = TestDatabase.current
        try await database.withQueue { present in
            try await database.withQueue(clockOffset: "1 hour") { future in
                _ = try await present.enqueue(count: 20)
                try await present.run("UPDATE queue.settings SET lost_lease_limit = 1000")
                for round in 0..<200 {
                    try await Self.collide(round, present: present, future: future)
                }
                #expect(try await present.claim().count == 20)
            }
        }
    }

    /// Everything at once on the same tasks; a deadlock is an error of one of them.
    private static func collide(_ round: Int, present: QueueFixture, future: QueueFixture) async throws {
        let tasks = try await present.claim("worker-\(round)")
        #expect(tasks.count == 20)
        let endings = tasks.map { TaskEnding(lease: $0.held, verb: .released) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { _ = try await present.queue.finish(endings) }
            group.addTask { _ = try await present.queue.finish(endings.reversed()) }
            group.addTask { _ = try await present.heartbeat(tasks, by: "worker-\(round)") }
            group.addTask { _ = try await present.heartbeat(tasks.reversed(), by: "worker-\(round)") }
            group.addTask { try await future.sweep() }
            try await group.waitForAll()
        }
    }
}
