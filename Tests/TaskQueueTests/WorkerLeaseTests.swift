import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A worker's leases", .migratedDatabase)
struct WorkerLeaseTests {
    /// Short, so that heartbeats are frequent.
    private static let lease = Duration.seconds(3)

    @Test("outlive themselves many times while a task runs")
    func extended() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let gate = Gate()
            let handler = TestHandler { _ in await gate.pass() }
            try await withWorker(.test(lease: Self.lease), on: database, handlers: [handler]) { running in
                try await waitUntil("the task runs") { gate.waiting == 1 }
                let first = try #require(try await fixture.stored(id).leaseExpiresAt)
                try await waitUntil("the first lease is long over") {
                    try #require(try await fixture.stored(id).leaseExpiresAt) > first + 3
                }
                gate.open()
                try await waitUntil("the task has ended") { running.said.ended.map(\.status) == ["succeeded"] }
                #expect(running.said.lost.isEmpty)
            }
        }
    }

    @Test("that were taken away cancel their tasks, whose end is not written")
    func takenAway() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let gate = Gate()
            let handler = TestHandler { _ in await gate.pass() }
            // Its only slot is taken, so that it cannot claim the task again itself.
            let options = WorkerOptions.test(queues: ["host-1": 1], lease: Self.lease)
            try await withWorker(options, on: database, handlers: [handler]) { running in
                try await waitUntil("the task runs") { gate.waiting == 1 }
                try await Self.expireAndRescue(id, fixture)
                let stolen = try #require(try await fixture.claim("worker-2", lease: .seconds(300)).first)
                let before = try await fixture.stored(id)
                try await waitUntil("the handler was cancelled") { gate.cancelled.count == 1 }
                try await waitUntil("the worker says so") { running.said.lost.map(\.task) == [id] }
                #expect(try await fixture.stored(id) == before && running.said.ended.isEmpty)
                #expect(try await fixture.finish(stolen, .succeeded)?.verdict == .finished)
            }
        }
    }

    @Test("on tasks that were to stop when their worker died cancel their handlers from the start")
    func cancelledFromTheStart() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            try await fixture.enqueue()
            #expect(try await fixture.claim("dead", lease: .zero).count == 1)
            try await fixture.run("UPDATE queue.tasks SET cancel_requested_at = now()")
            try await fixture.sweep()
            let handler = TestHandler { _ in Task.isCancelled ? .cancelled : .succeeded() }
            try await withWorker(.test(), on: database, handlers: [handler]) { running in
                try await waitUntil("the task has ended") { running.said.ended.map(\.status) == ["cancelled"] }
            }
        }
    }

    @Test("bring the wish to cancel to a running task")
    func cancelRequest() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let gate = Gate()
            let handler = TestHandler { _ in await gate.pass() }
            try await withWorker(.test(lease: Self.lease), on: database, handlers: [handler]) { running in
                try await waitUntil("the task runs") { gate.waiting == 1 }
                try await fixture.run("UPDATE queue.tasks SET cancel_requested_at = now()")
                try await waitUntil("the task has ended") { running.said.ended.map(\.status) == ["cancelled"] }
                #expect(gate.cancelled.count == 1)
                #expect(try await fixture.stored(id).place == .history)
            }
        }
    }

    @Test("run out when a handler does not stop, so that another worker can go on")
    func stuckHandler() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let gate = Gate()
            let handler = TestHandler { _ in
                // A task of its own, which no cancellation reaches: as a call into a library that hangs.
                let working = Task { await gate.pass() }
                return await working.value
            }
            let options = WorkerOptions.test(queues: ["host-1": 1], lease: .seconds(1), grace: .seconds(1))
            try await withWorker(options, on: database, handlers: [handler]) { running in
                try await waitUntil("the task runs") { gate.waiting == 1 }
                try await fixture.run("UPDATE queue.tasks SET cancel_requested_at = now()")
                try await waitUntil("it is rescued") { try await fixture.stored(id).lostLeases == 1 }
                #expect(running.said.stuck == [id] && gate.waiting == 1)
                #expect(try await fixture.claim("worker-2").map(\.id) == [id])
                gate.open()
                try await waitUntil("the first worker hears of it") { running.said.lost.map(\.task) == [id] }
            }
        }
    }

    @Test("of which a lost answer left it ignorant are handed back, and the attempt does not count")
    func lostAnswer() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let ghost = try #require(try await fixture.claim("worker-1", lease: .seconds(300)).first)
            let handler = TestHandler { _ in .succeeded() }
            try await withWorker(.test(lease: Self.lease), on: database, handlers: [handler]) { running in
                try await waitUntil("the task has ended") { running.said.ended.map(\.task) == [id] }
                #expect(running.said.handedBack == [ghost.held])
                #expect(try await fixture.stored(id).attempt == 1)
            }
        }
    }

    @Test("that one heartbeat alone did not know are kept: their claim may just be being answered")
    func answerUnderWay() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            _ = try await fixture.claim("worker-1", lease: .seconds(300))
            let before = try await fixture.stored(id)
            // The second heartbeat is minutes away.
            let options = WorkerOptions.test(lease: .seconds(300), poll: .seconds(600), sweep: .seconds(600))
            try await withWorker(options, on: database, handlers: [TestHandler { _ in .succeeded() }]) { running in
                try await waitUntil("the first heartbeat is sent") { try await fixture.queue.workers().count == 1 }
                try await fixture.waitUntilWorkerSleeps()
                #expect(try await fixture.stored(id) == before && running.said.handedBack.isEmpty)
            }
        }
    }

    @Test("of a worker that died are rescued by another, which then does the task")
    func rescuesTheDead() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            _ = try await fixture.claim("worker-0", lease: .milliseconds(1))
            let handler = TestHandler { _ in .succeeded() }
            try await withWorker(.test(lease: Self.lease), on: database, handlers: [handler]) { running in
                try await waitUntil("the task has ended") { running.said.ended.map(\.task) == [id] }
                let stored = try await fixture.stored(id)
                #expect(stored.lostLeases == 1 && stored.attempt == 1 && stored.errors == ["lease_lost"])
            }
        }
    }

    /// In one transaction, so that no heartbeat comes between.
    private static func expireAndRescue(_ id: UUID, _ fixture: QueueFixture) async throws {
        try await fixture.pool.withConnection { connection in
            try await connection.transaction { connection in
                try await connection.execute(
                    Statement(
                        "UPDATE queue.tasks SET lease_expires_at = now() - interval '1 second' WHERE id = $1"
                    ),
                    [.uuid(id)]
                )
                let rescued = try await connection.execute(
                    Statement("SELECT * FROM queue.rescue_v1(ARRAY[$1], 10)"),
                    [.uuid(id)]
                )
                #expect(rescued.count == 1)
            }
        }
    }
}
