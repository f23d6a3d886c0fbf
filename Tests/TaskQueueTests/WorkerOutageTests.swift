import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A worker whose database goes away")
struct WorkerOutageTests {
    @Test("loses nothing over a restart, and works on as it is")
    func restart() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await cluster.createMigratedDatabase()
        let gate = Gate()
        let handler = TestHandler { _ in await gate.pass() }
        let before = try await database.withQueue { try await $0.enqueue(count: 4) }
        let options = WorkerOptions.test(queues: ["host-1": 2], poll: .seconds(600), sweep: .seconds(1))
        try await withWorker(options, on: database, listens: true, handlers: [handler]) { running in
            try await waitUntil("two tasks run") { gate.waiting == 2 }
            try await cluster.stop(mode: .immediate)
            // Two ends are to be written while there is no database.
            gate.open()
            try await waitUntil("no handler runs") { gate.waiting == 0 }
            try await cluster.start()
            let after = try await database.withQueue { fixture in
                let ids = try await fixture.enqueue(count: 2)
                try await fixture.queue.wake(["host-1"])
                return ids
            }
            try await waitUntil(timeout: .seconds(60), "all tasks have ended") {
                Set(running.said.ended.map(\.task)) == Set(before + after)
            }
        }
        try await database.withQueue { fixture in
            for id in before {
                let stored = try await fixture.stored(id)
                #expect(stored.status == "succeeded")
            }
        }
    }

    @Test("cancels its tasks before their leases end")
    func gone() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await cluster.createMigratedDatabase()
        let id = try await database.withQueue { try await $0.enqueue() }
        let gate = Gate()
        let handler = TestHandler { _ in await gate.pass() }
        let options = WorkerOptions.test(lease: .seconds(3), grace: .milliseconds(100))
        try await withWorker(options, on: database, handlers: [handler]) { running in
            try await waitUntil("the task runs") { gate.waiting == 1 }
            try await cluster.stop()
            try await waitUntil("the handler was cancelled") { gate.cancelled.count == 1 }
            try await waitUntil("the worker says so") { running.said.lost.map(\.task) == [id] }
            // So that the lease is looked at before anybody claims or rescues the task.
            await running.beginShutdown()
            try await running.ended()
            try await cluster.start()
            let expiry = try await database.withQueue { try await $0.stored(id).leaseExpiresAt }
            let (cancelled, end) = (try #require(gate.cancelled.first), try #require(expiry))
            #expect(cancelled < end)
        }
    }
}
