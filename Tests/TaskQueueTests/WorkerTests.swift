import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A worker", .migratedDatabase)
struct WorkerTests {
    @Test("runs a task and writes how it ended")
    func runs() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let handler = TestHandler { .succeeded(result: "{\"attempt\": \($0.attempt)}") }
            try await withWorker(.test(), on: database, handlers: [handler]) { running in
                try await waitUntil("the task has ended") { running.said.ended.count == 1 }
                #expect(running.said.ended.map(\.task) == [id] && running.said.ended.map(\.status) == ["succeeded"])
                #expect(try await fixture.stored(id).place == .history)
            }
        }
    }

    @Test("runs of each queue no more at once than it may, and as many as that")
    func concurrency() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            _ = try await fixture.enqueue(count: 8, "a")
            _ = try await fixture.enqueue(count: 4, "b")
            let (gate, counts) = (Gate(), Guarded([String: (now: Int, most: Int)]()))
            let handler = TestHandler { task in
                counts.withLock { counts in
                    let now = counts[task.queue, default: (0, 0)].now + 1
                    counts[task.queue] = (now, max(now, counts[task.queue, default: (0, 0)].most))
                }
                defer { counts.withLock { $0[task.queue, default: (1, 0)].now -= 1 } }
                return await gate.pass()
            }
            try await withWorker(.test(queues: ["a": 3, "b": 1]), on: database, handlers: [handler]) { running in
                try await waitUntil("all slots are taken") { gate.waiting == 4 }
                gate.open()
                try await waitUntil("all tasks have ended") { running.said.ended.count == 12 }
            }
            let most = counts.withLock { $0.mapValues(\.most) }
            #expect(most == ["a": 3, "b": 1])
        }
    }

    @Test("is woken, and does not wait for its poll")
    func woken() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let options = WorkerOptions.test(poll: .seconds(600), sweep: .seconds(600))
            let handler = TestHandler { _ in .succeeded() }
            try await withWorker(options, on: database, listens: true, handlers: [handler]) { running in
                for count in 1...3 {
                    try await fixture.waitUntilWorkerSleeps()
                    try await fixture.enqueue()
                    try await fixture.queue.wake(["host-1"])
                    try await waitUntil("the task has ended") { running.said.ended.count == count }
                }
            }
        }
    }

    @Test("finds a task of which nobody told it within its poll interval")
    func polls() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let options = WorkerOptions.test(poll: .seconds(1), sweep: .seconds(600))
            try await withWorker(options, on: database, handlers: [TestHandler { _ in .succeeded() }]) { running in
                for count in 1...2 {
                    try await fixture.waitUntilWorkerSleeps()
                    try await fixture.enqueue()
                    try await waitUntil("the task has ended") { running.said.ended.count == count }
                }
            }
        }
    }

    @Test("finds a task below its watermark within its poll interval")
    func rescans() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let late = try await fixture.enqueue()
            // As if the transaction that drew this position committed only now.
            try await fixture.run("UPDATE queue.tasks SET kind = 'later'; SELECT setval('queue.position_seq', 5000)")
            let options = WorkerOptions.test(poll: .seconds(1), sweep: .seconds(600))
            try await withWorker(options, on: database, handlers: [TestHandler { _ in .succeeded() }]) { running in
                try await fixture.enqueue()
                try await waitUntil("the other task has ended") { running.said.ended.count == 1 }
                try await fixture.run("UPDATE queue.tasks SET kind = 'work'")
                try await waitUntil("the task has ended") { running.said.ended.contains { $0.task == late } }
            }
        }
    }

    @Test("tries again until it succeeds, and keeps every error")
    func retries() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let handler = TestHandler { task in
                task.attempt < 3 ? .failed(.transient("attempt-\(task.attempt)")) : .succeeded()
            }
            // The next attempt is due long before the next poll or sweep.
            let options = WorkerOptions.test(poll: .seconds(600), sweep: .seconds(600))
            try await withWorker(options, on: database, handlers: [handler]) { running in
                try await waitUntil("three attempts have ended") { running.said.ended.count == 3 }
                #expect(running.said.ended.map(\.status) == ["retrying", "retrying", "succeeded"])
            }
            let stored = try await fixture.stored(id)
            #expect(stored.attempt == 3 && stored.errors == ["attempt-1", "attempt-2"])
        }
    }

    @Test("gives up after the last attempt, and keeps every error")
    func givesUp() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue(maxAttempts: 3)
            let handler = TestHandler { .failed(.transient("attempt-\($0.attempt)")) }
            try await withWorker(.test(), on: database, handlers: [handler]) { running in
                try await waitUntil("the task is dead") { running.said.ended.last?.status == "failed" }
            }
            let stored = try await fixture.stored(id)
            #expect(stored.place == .dead && stored.errors == ["attempt-1", "attempt-2", "attempt-3"])
        }
    }

    @Test("gives up at once when the failure is permanent")
    func permanent() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let handler = TestHandler { _ in .failed(.permanent("no")) }
            try await withWorker(.test(), on: database, handlers: [handler]) { running in
                try await waitUntil("the task is dead") { running.said.ended.map(\.status) == ["failed"] }
            }
            let stored = try await fixture.stored(id)
            #expect(stored.place == .dead && stored.attempt == 1 && stored.errors == ["no"])
        }
    }

    @Test("makes a dead letter in the end of a task whose endings the database refuses")
    func refusedEnding() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue(maxAttempts: 2)
            let handler = TestHandler { _ in .succeeded(result: "this is not JSON") }
            try await withWorker(.test(), on: database, handlers: [handler]) { running in
                try await waitUntil("the task is dead") { running.said.ended.map(\.status) == ["retrying", "failed"] }
            }
            let stored = try await fixture.stored(id)
            #expect(stored.place == .dead && stored.errors == ["ending_refused", "ending_refused"])
        }
    }

    @Test("stops an attempt that takes too long, which has failed like any other")
    func attemptLimit() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let id = try await fixture.enqueue(maxAttempts: 2)
            let gate = Gate()
            let handler = TestHandler { _ in await gate.pass() }
            var options = WorkerOptions.test()
            options.attemptLimit = .milliseconds(50)
            try await withWorker(options, on: database, handlers: [handler]) { running in
                try await waitUntil("the task is dead") { running.said.ended.map(\.status) == ["retrying", "failed"] }
            }
            let stored = try await fixture.stored(id)
            #expect(stored.attempt == 2 && stored.errors.count == 2 && gate.cancelled.count == 2)
        }
    }

    @Test("shows how far a task is while it runs")
    func progress() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            try await fixture.enqueue()
            let gate = Gate()
            let handler = TestHandler(reporting: { _, report in
                report(TaskProgress(step: "half", percent: 50))
                return await gate.pass()
            })
            // No regular heartbeat comes in time for this.
            try await withWorker(.test(lease: .seconds(300)), on: database, handlers: [handler]) { _ in
                try await waitUntil("the progress is stored") {
                    try await fixture.value(
                        String?.self,
                        Statement("SELECT progress ->> 'step' AS value FROM queue.tasks")
                    ) == "half"
                }
                gate.open()
            }
        }
    }
}
