import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A worker that shuts down", .migratedDatabase)
struct WorkerShutdownTests {
    @Test("lets its tasks end, claims no others, and says at once that it stops")
    func drains() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let running = try await fixture.enqueue()
            let gate = Gate()
            let handler = TestHandler { _ in await gate.pass() }
            // No regular heartbeat says it in time.
            let options = WorkerOptions.test(lease: .seconds(300))
            try await withWorker(options, on: database, handlers: [handler]) { worker in
                try await waitUntil("the task runs") { gate.waiting == 1 }
                await worker.beginShutdown()
                try await waitUntil("the worker says that it stops") {
                    try await fixture.queue.workers().first?.isStopping == true
                }
                let waiting = try await fixture.enqueue()
                gate.open()
                try await worker.ended()
                #expect(try await fixture.stored(running).status == "succeeded")
                #expect(try await fixture.stored(waiting).status == "queued")
                #expect(gate.cancelled.isEmpty)
            }
        }
    }

    @Test("hands back after the grace what still runs, and the attempt does not count")
    func handsBack() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let gate = Gate()
            let handler = TestHandler { _ in await gate.pass() }
            let options = WorkerOptions.test(grace: .milliseconds(100))
            try await withWorker(options, on: database, handlers: [handler]) { worker in
                try await waitUntil("the task runs") { gate.waiting == 1 }
                await worker.beginShutdown()
                try await worker.ended()
                let stored = try await fixture.stored(id)
                #expect(stored.status == "queued" && stored.attempt == 0 && stored.errors.isEmpty)
                #expect(stored.lostLeases == 0 && gate.cancelled.count == 1)
                #expect(try await fixture.queue.workers().first?.isStopping == true)
            }
        }
    }

    @Test("hands back what failed only because it was cut short")
    func handsBackFailed() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let gate = Gate()
            let handler = TestHandler { _ in
                _ = await gate.pass()
                return .failed(.transient("cut short"))
            }
            let options = WorkerOptions.test(grace: .milliseconds(100))
            try await withWorker(options, on: database, handlers: [handler]) { worker in
                try await waitUntil("the task runs") { gate.waiting == 1 }
                await worker.beginShutdown()
                try await worker.ended()
                let stored = try await fixture.stored(id)
                #expect(stored.status == "queued" && stored.attempt == 0)
            }
        }
    }

    @Test("without grace, cancelled, still hands its tasks back and says that it has stopped")
    func cancelled() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let ids = try await fixture.enqueue(count: 4)
            let gate = Gate()
            let handler = TestHandler { _ in await gate.pass() }
            let options = WorkerOptions.test(queues: ["host-1": 5], sweep: .seconds(600))
            try await withWorker(options, on: database, handlers: [handler]) { worker in
                try await waitUntil("the tasks run") { gate.waiting == 4 }
                try await fixture.pool.withConnection { connection in
                    try await connection.transaction { connection in
                        // With a claim under way the worker cannot note why its tasks stop before they have.
                        try await connection.execute(Statement("LOCK TABLE queue.tasks"))
                        try await waitUntil("a claim waits") {
                            try await fixture.sessionsWaitingForLocks(in: "claim_tasks") == 1
                        }
                        worker.cancel()
                        try await waitUntil("the ends wait") {
                            try await fixture.sessionsWaitingForLocks(in: "finish_tasks") >= 1
                        }
                    }
                }
                try await worker.ended()
                for id in ids {
                    let stored = try await fixture.stored(id)
                    #expect(stored.status == "queued" && stored.attempt == 0 && stored.errors.isEmpty)
                }
                let workers = try await fixture.queue.workers()
                #expect(workers.map(\.isStopping) == [true])
            }
        }
    }
}
