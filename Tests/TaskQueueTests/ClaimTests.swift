import Foundation
import Postgres
import TestSupport
import Testing

@testable import TaskQueue

@Suite("Claiming a task", .migratedDatabase)
struct ClaimTests {
    @Test("takes the highest priority first, then the oldest")
    func order() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let last = try await fixture.enqueue(priority: 2)
            let second = try await fixture.enqueue(priority: 1)
            let first = try await fixture.enqueue(priority: 0)
            let third = try await fixture.enqueue(priority: 1)
            var claimed: [UUID] = []
            for _ in 0..<4 { claimed += try await fixture.claim(limit: 1).map(\.id) }
            #expect(claimed == [first, second, third, last])
        }
    }

    @Test("gives its tasks in that order too")
    func orderWithinOne() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let last = try await fixture.enqueue(priority: 2)
            let second = try await fixture.enqueue(priority: 1)
            let first = try await fixture.enqueue(priority: 0)
            let third = try await fixture.enqueue(priority: 1)
            let claimed = try await fixture.claim().map(\.id)
            #expect(claimed == [first, second, third, last])
        }
    }

    @Test("skips a row another worker has locked")
    func skipsLocked() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let locked = try await fixture.enqueue()
            let free = try await fixture.enqueue()
            try await fixture.whileLocked(locked) {
                let claimed = try await fixture.claim(limit: 1).map(\.id)
                #expect(claimed == [free])
            }
            #expect(try await fixture.claim().map(\.id) == [locked])
        }
    }

    @Test("takes only the kinds it names")
    func kinds() async throws {
        try await TestDatabase.current.withQueue { fixture in
            try await fixture.enqueue(kind: "other")
            let known = try await fixture.enqueue(kind: "known")
            #expect(try await fixture.claim(kinds: ["known", "unused"]).map(\.id) == [known])
        }
    }

    @Test("takes from each queue what was asked of it, and from no other queue")
    func limits() async throws {
        try await TestDatabase.current.withQueue { fixture in
            for name in ["a", "b", "c", "d"] { _ = try await fixture.enqueue(count: 3, name) }
            let claim = try await fixture.queue.claim(
                ClaimRequest(
                    workerID: "worker-1",
                    kinds: ["work"],
                    queues: [.init(name: "a", limit: 1), .init(name: "b", limit: 0), .init(name: "c", limit: 5)],
                    leaseDuration: .seconds(30)
                )
            )
            #expect(claim.tasks.map(\.queue).sorted() == ["a", "c", "c", "c"])
        }
    }

    @Test("gives no task to two workers")
    func disjoint() async throws {
        try await TestDatabase.current.withQueue { fixture in
            try await fixture.run(Self.fill(400))
            let claimed = try await withThrowingTaskGroup(of: [UUID].self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        var mine: [UUID] = []
                        while true {
                            let batch = try await fixture.claim("worker-\(worker)", limit: 7).map(\.id)
                            if batch.isEmpty { return mine }
                            mine += batch
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            // Rows that others held while everybody looked for the last time.
            let all = try await claimed + fixture.claim(limit: 400).map(\.id)
            #expect(all.count == 400 && Set(all).count == 400)
        }
    }

    @Test("draws a higher token each time, whatever the task and the queue")
    func tokens() async throws {
        try await TestDatabase.current.withQueue { fixture in
            try await fixture.enqueue("a")
            try await fixture.enqueue("b")
            var tokens: [Int64] = []
            for round in 0..<10 {
                let task = try #require(try await fixture.claim(from: round.isMultiple(of: 3) ? "a" : "b").first)
                tokens.append(task.lease.token)
                try await fixture.finish(task, .released)
            }
            #expect(tokens == Set(tokens).sorted())
        }
    }

    @Test("says which timeline of the database granted the lease")
    func timeline() async throws {
        try await TestDatabase.current.withQueue { fixture in
            try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            let timeline = try await fixture.value(
                Int.self,
                Statement("SELECT timeline_id::integer AS value FROM pg_control_checkpoint()")
            )
            #expect(Int(task.lease.timeline) == timeline)
        }
    }

    @Test("counts the attempt and says who holds the task, and until when")
    func leaseIsStored() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let id = try await fixture.enqueue()
            let before = try await fixture.now()
            let task = try #require(try await fixture.claim("worker-7", lease: .seconds(40)).first)
            let after = try await fixture.now()
            let stored = try await fixture.stored(id)
            #expect(stored.status == "running" && stored.attempt == 1 && task.attempt == 1)
            #expect(stored.workerID == "worker-7" && stored.token == task.lease.token)
            let expiry = try #require(stored.leaseExpiresAt)
            #expect(expiry >= before + 40 && expiry <= after + 40)
        }
    }

    @Test("finds what lies at its watermark, not what lies below, and all of it from the start")
    func watermark() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let ids = try await fixture.enqueue(count: 3)
            let middle = try #require(try await fixture.stored(ids[1]).position)
            #expect(try await fixture.claim(low: [middle, middle + 2, middle]).isEmpty)
            #expect(try await fixture.claim(low: [middle + 2, middle, middle + 2]).map(\.id) == [ids[1], ids[2]])
            #expect(try await fixture.claim().map(\.id) == [ids[0]])
        }
    }

    @Test("says when the next task in backoff of its queues falls due, with and without a claim")
    func nextDue() async throws {
        try await TestDatabase.current.withQueue { fixture in
            for (name, delay) in [("host-1", 60), ("host-1", 30), ("elsewhere", 5)] {
                try await fixture.enqueue(name)
                let task = try #require(try await fixture.claim(from: name).first)
                try await fixture.finish(task, .retrying(after: .seconds(delay)))
            }
            let request = ClaimRequest(
                workerID: "worker-1",
                kinds: ["work"],
                queues: [.init(name: "host-1", limit: 1)],
                leaseDuration: .seconds(30)
            )
            for count in [0, 1] {
                if count == 1 { try await fixture.enqueue() }
                let claim = try await fixture.queue.claim(request)
                let due = try #require(claim.nextDue)
                #expect(claim.tasks.count == count && due > .seconds(5) && due <= .seconds(30))
            }
        }
    }

    @Test("says nothing of the next task when none is in backoff")
    func noNextDue() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let request = ClaimRequest(
                workerID: "worker-1",
                kinds: ["work"],
                queues: [.init(name: "host-1", limit: 1)],
                leaseDuration: .seconds(30)
            )
            let claim = try await fixture.queue.claim(request)
            #expect(claim.tasks.isEmpty && claim.nextDue == nil)
        }
    }

    /// Tasks of one queue, made in one statement.
    static func fill(_ count: Int) -> String {
        """
        SELECT queue.enqueue_v1(queue.new_id_v1(), 'host-1', 'work', gen_random_uuid(), 'request', NULL, 1, 5, NULL)
        FROM generate_series(1, \(count))
        """
    }
}

@Suite("Enqueueing a task", .migratedDatabase)
struct EnqueueTests {
    @Test("refuses a second live task of one subject, and allows the next one when the first has ended")
    func oneLivePerSubject() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let subject = UUID()
            try await fixture.enqueue(subject: subject)
            let error = try await #require(throws: QueueError.self) { try await fixture.enqueue(subject: subject) }
            #expect(error.code == .subjectBusy && !error.code.isRetryable)
            let task = try #require(try await fixture.claim().first)
            try await fixture.finish(task, .succeeded)
            try await fixture.enqueue(subject: subject)
        }
    }

    @Test("makes ids that sort by time and are UUIDs of version 7")
    func ids() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let statement = Statement("SELECT queue.new_id_v1() AS value")
            var ids: [String] = []
            for _ in 0..<5 {
                ids.append(try await fixture.value(UUID.self, statement).uuidString)
                let millisecond = try await fixture.now().timeIntervalSince1970 * 1000
                try await waitUntil("the clock shows the next millisecond") {
                    try await fixture.now().timeIntervalSince1970 * 1000 >= millisecond + 1
                }
            }
            #expect(ids == ids.sorted() && Set(ids).count == 5)
            for id in ids {
                let characters = Array(id)
                #expect(characters[14] == "7" && "89AB".contains(characters[19]))
            }
        }
    }
}
