import Foundation
import Postgres
import TestSupport
import Testing

@testable import TaskQueue

@Suite("Finishing a task", .migratedDatabase)
struct FinishTests {
    @Test("moves it to the history with its result", arguments: [TaskEnding.Verb.succeeded, .cancelled])
    func history(verb: TaskEnding.Verb) async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            let answer = try await fixture.finish(task, verb, result: #"{"n": 1}"#)
            let status = verb == .succeeded ? "succeeded" : "cancelled"
            #expect(answer?.lease == task.held && answer?.verdict == .finished && answer?.status == status)
            let stored = try await fixture.stored(id)
            #expect(stored.place == .history && stored.status == status && stored.attempt == 1)
            #expect(stored.token == task.lease.token && stored.workerID == "worker-1")
            let result = try await fixture.value(String.self, Statement("SELECT result AS value FROM queue.history"))
            #expect(result == #"{"n": 1}"#)
        }
    }

    @Test("that failed makes a dead letter with every error it had")
    func dead() async throws {
        let database = TestDatabase.current
        let id = try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            try await fixture.finish(task, .retrying(after: .zero), failure: .transient("first"))
            try await fixture.sweep()
            return id
        }
        try await database.withQueue { fixture in
            let task = try #require(try await fixture.claim().first)
            let answer = try await fixture.finish(task, .failed, failure: .permanent("second"))
            #expect(answer?.verdict == .finished && answer?.status == "failed")
            let stored = try await fixture.stored(id)
            #expect(stored.place == .dead && stored.attempt == 2 && stored.errors == ["first", "second"])
        }
    }

    @Test("that is handed back wakes the workers of its queue")
    func handedBack() async throws {
        let database = TestDatabase.current
        try await database.withPayloads(on: Worker.channel) { heard in
            try await database.withQueue { fixture in
                try await fixture.enqueue()
                let task = try #require(try await fixture.claim().first)
                #expect(try await fixture.finish(task, .released)?.status == "queued")
            }
            try await waitUntil("its queue is named") { heard.withLock { $0 == ["host-1"] } }
        }
    }

    @Test("that is tried again waits for its delay, then stands last in its queue")
    func retrying() async throws {
        let database = TestDatabase.current
        let (id, position) = try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            let ending = TaskEnding.Verb.retrying(after: .seconds(60))
            #expect(try await fixture.finish(task, ending, failure: .transient("x"))?.status == "retrying")
            let stored = try await fixture.stored(id)
            #expect(stored.status == "retrying" && stored.attempt == 1 && stored.errors == ["x"])
            #expect(stored.token == nil && stored.workerID == nil && stored.leaseExpiresAt == nil)
            try await fixture.sweep()
            #expect(try await fixture.claim().isEmpty)
            return (id, try await fixture.stored(try await fixture.enqueue()).position)
        }
        try await database.withQueue(clockOffset: "61 seconds") { fixture in
            try await fixture.sweep()
            let stored = try await fixture.stored(id)
            let (own, others) = (try #require(stored.position), try #require(position))
            #expect(stored.status == "queued" && own > others)
            #expect(try await fixture.claim().last?.id == id)
        }
    }

    @Test("that waits for its host does not count, however often, and keeps an error once")
    func waiting() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            for code in ["away", "away", "else"] {
                let task = try #require(try await fixture.claim().first)
                let answer = try await fixture.finish(task, .waiting(for: .zero), failure: .transient(code))
                #expect(task.attempt == 1 && answer?.verdict == .waiting && answer?.status == "retrying")
                #expect(try await fixture.stored(id).attempt == 0)
                try await fixture.sweep()
            }
            let stored = try await fixture.stored(id)
            #expect(stored.errors == ["away", "else"] && stored.lostLeases == 0)
        }
    }

    @Test("that waits makes a first claim undone, and no later one")
    func waitingAsIfNeverClaimed() async throws {
        try await TestDatabase.current.withQueue { fixture in
            try await fixture.enqueue()
            let started = Statement("SELECT started_at IS NOT NULL AS value FROM queue.tasks")
            for verb in [TaskEnding.Verb.waiting(for: .zero), .retrying(after: .zero), .waiting(for: .zero)] {
                let task = try #require(try await fixture.claim().first)
                try await fixture.finish(task, verb, failure: .transient("x"))
                try await fixture.sweep()
                if task.attempt == 1, verb == .waiting(for: .zero) {
                    #expect(try await !fixture.value(Bool.self, started))
                }
            }
            #expect(try await fixture.value(Bool.self, started))
        }
    }

    @Test("that was handed back does not count the attempt")
    func released() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            for _ in 0..<3 {
                let task = try #require(try await fixture.claim().first)
                #expect(task.attempt == 1)
                #expect(try await fixture.finish(task, .released)?.status == "queued")
            }
            let stored = try await fixture.stored(id)
            #expect(stored.attempt == 0 && stored.errors.isEmpty && stored.lostLeases == 0)
        }
    }

    @Test(
        "by a worker that comes too late, after a rescue, changes nothing, whatever the ending",
        arguments: lateEndings
    )
    func tooLate(verb: TaskEnding.Verb) async throws {
        let database = TestDatabase.current
        let (id, old) = try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            return (id, try #require(try await fixture.claim("worker-1", lease: .seconds(1)).first))
        }
        try await database.withQueue(clockOffset: "1 hour") { fixture in
            #expect(try await fixture.sweep().rescued == 1)
            let new = try #require(try await fixture.claim("worker-2").first)
            #expect(new.lease.token > old.lease.token)
            let before = try await fixture.stored(id)
            let answer = try await fixture.finish(old, verb, failure: .transient("late"))
            #expect(answer == FinishAnswer(lease: old.held, verdict: .lost, status: nil))
            #expect(try await fixture.stored(id) == before)
            #expect(try await fixture.finish(new, .succeeded)?.verdict == .finished)
        }
    }

    @Test("by a worker that comes too late, before another has claimed it again, changes nothing")
    func tooLateButUnclaimed() async throws {
        let database = TestDatabase.current
        let (id, old) = try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            return (id, try #require(try await fixture.claim("worker-1", lease: .seconds(1)).first))
        }
        try await database.withQueue(clockOffset: "1 hour") { fixture in
            try await fixture.sweep()
            #expect(try await fixture.finish(old, .succeeded)?.verdict == .lost)
            #expect(try await fixture.stored(id).status == "queued")
        }
    }

    @Test("again, after an answer that was lost, is found done and done no second time", arguments: finalEndings)
    func again(verb: TaskEnding.Verb) async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            let first = try await fixture.finish(task, verb)
            let second = try await fixture.finish(task, verb)
            #expect(second == FinishAnswer(lease: task.held, verdict: .again, status: first?.status))
            // Fails when there is more than one row.
            #expect(try await fixture.stored(id).status == first?.status)
        }
    }

    @Test("in a batch with one lost lease does the others")
    func batch() async throws {
        try await TestDatabase.current.withQueue { fixture in
            _ = try await fixture.enqueue(count: 3)
            let tasks = try await fixture.claim()
            try #require(tasks.count == 3)
            try await fixture.finish(tasks[1], .released)
            let answers = try await fixture.queue.finish(
                tasks.map { TaskEnding(lease: $0.held, verb: .succeeded) }
            )
            let verdicts = Dictionary(uniqueKeysWithValues: answers.map { ($0.lease, $0.verdict) })
            #expect(
                verdicts == [tasks[0].held: .finished, tasks[1].held: .lost, tasks[2].held: .finished]
            )
            #expect(try await fixture.stored(tasks[1].id).status == "queued")
        }
    }

    @Test("that somebody asked to cancel is not tried again", arguments: repeatingEndings)
    func cancelled(verb: TaskEnding.Verb) async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            try await fixture.run("UPDATE queue.tasks SET cancel_requested_at = now()")
            #expect(try await fixture.finish(task, verb, failure: .transient("x"))?.status == "cancelled")
            let stored = try await fixture.stored(id)
            #expect(stored.place == .history && stored.status == "cancelled" && stored.errors == ["x"])
        }
    }

    @Test("that was called off and that nobody could see is looked at again, as often as leases may be lost")
    func unseen() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue(maxAttempts: 1)
            let limit = 20
            for round in 1...limit {
                let task = try #require(try await fixture.claim().first)
                #expect(task.attempt == 1 && task.isCancelRequested == (round > 1))
                try await fixture.run("UPDATE queue.tasks SET cancel_requested_at = now()")
                let answer = try await fixture.finish(task, .unseen(for: .zero), failure: .transient("away"))
                #expect(answer?.status == (round < limit ? "retrying" : "failed"))
                try await fixture.sweep()
                let stored = try await fixture.stored(id)
                // Of looking in vain only the beginning is kept.
                #expect(stored.lostLeases == round && stored.errors == ["away"])
                #expect(stored.place == (round < limit ? .tasks : .dead))
            }
        }
    }

    @Test("that succeeded before it learned of the cancel has succeeded")
    func succeededDespiteCancel() async throws {
        try await TestDatabase.current.withQueue { fixture in
            try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            try await fixture.run("UPDATE queue.tasks SET cancel_requested_at = now()")
            #expect(try await fixture.finish(task, .succeeded)?.status == "succeeded")
        }
    }

    static let lateEndings: [TaskEnding.Verb] = [
        .succeeded, .failed, .cancelled, .released, .retrying(after: .zero), .waiting(for: .zero),
        .unseen(for: .zero),
    ]
    static let finalEndings: [TaskEnding.Verb] = [.succeeded, .cancelled, .failed]
    static let repeatingEndings: [TaskEnding.Verb] = [.retrying(after: .zero), .waiting(for: .zero), .released]
}
