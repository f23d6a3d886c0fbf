import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A row that somebody holds locked", .migratedDatabase)
struct LockedRowTests {
    @Test("makes a batch of endings fail soon, and as a whole", arguments: [false, true])
    func refuses(claims: Bool) async throws {
        try await TestDatabase.current.withQueue { fixture in
            let ids = try await fixture.enqueue(count: 2)
            let endings = try await fixture.claim().map { TaskEnding(lease: $0.held, verb: .succeeded) }
            let claim = ClaimRequest(
                workerID: "worker-1",
                kinds: ["work"],
                queues: [.init(name: "host-1", limit: 1)],
                leaseDuration: .seconds(30)
            )
            try await fixture.whileLocked(ids[0]) {
                #expect(await refusal(of: endings, claims ? claim : nil, by: fixture.queue) == .contended)
                let untouched = try await fixture.stored(ids[1])
                #expect(untouched.status == "running")
                let other = try await fixture.queue.finish(endings.filter { $0.lease.task == ids[1] })
                #expect(other.map(\.verdict) == [.finished])
            }
        }
    }

    @Test("keeps a worker from recording the one ending, not the others; that it records afterwards")
    func others() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let ids = try await fixture.enqueue(count: 40)
            let gate = Gate()
            let handler = TestHandler { _ in await gate.pass() }
            let options = WorkerOptions.test(queues: ["host-1": 40])
            try await withWorker(options, on: database, handlers: [handler]) { running in
                try await waitUntil("all run") { gate.waiting == 40 }
                try await fixture.whileLocked(ids[20]) {
                    gate.open()
                    try await waitUntil("the others have ended") { running.said.ended.count == 39 }
                    #expect(try await fixture.stored(ids[20]).status == "running")
                }
                try await waitUntil("it has ended too") { running.said.ended.count == 40 }
            }
        }
    }

    @Test("keeps no heartbeat waiting when it is of a lease to hand back")
    func handBack() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            _ = try await fixture.claim("worker-1", lease: .seconds(300))
            try await fixture.whileLocked(id) {
                let options = WorkerOptions.test(lease: .seconds(1))
                try await withWorker(options, on: database, handlers: [TestHandler { _ in .succeeded() }]) { _ in
                    try await waitUntil("a heartbeat is answered while the lease cannot be handed back") {
                        try await fixture.value(Bool.self, Self.heardMeanwhile)
                    }
                }
            }
        }
    }

    private func refusal(of endings: [TaskEnding], _ claim: ClaimRequest?, by queue: TaskQueue) async
        -> QueueError.Code?
    {
        do {
            _ = try await queue.exchange(endings: endings, claim: claim)
            return nil
        } catch {
            return (error as? QueueError)?.code
        }
    }

    private static let heardMeanwhile = Statement(
        """
        SELECT count(*) > 0 AS value
        FROM pg_stat_activity a
        JOIN queue.workers w ON w.last_seen_at > a.query_start
        WHERE a.datname = current_database() AND a.wait_event_type = 'Lock' AND a.query LIKE '%queue.finish_tasks_v1%'
        """
    )
}
