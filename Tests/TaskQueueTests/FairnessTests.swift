import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Priority classes", .migratedDatabase)
struct FairnessTests {
    @Test("have four, two and one of every seven slots, whatever the sizes of the claims")
    func shares() async throws {
        try await TestDatabase.current.withQueue { fixture in
            for priority in 0...2 { try await fixture.run(Self.fill(140, priority: priority)) }
            var counts = [0, 0, 0]
            var turn = 0
            for size in [1, 2, 3, 5, 1, 1, 1, 7, 8, 13, 6, 21, 1] + Array(repeating: 1, count: 14) {
                let claimed = try await fixture.claim(limit: size, turn: turn)
                #expect(claimed.count == size)
                for task in claimed { counts[task.priority] += 1 }
                turn += size
                let (rounds, rest) = turn.quotientAndRemainder(dividingBy: 7)
                // The order within seven: 0 1 0 2 0 1 0.
                let begun = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [2, 1, 0], [2, 1, 1], [3, 1, 1], [3, 2, 1]][rest]
                #expect(counts == zip([4, 2, 1], begun).map { rounds * $0 + $1 }, "after \(turn) slots")
            }
        }
    }

    @Test("are in the order of their age within, and a claim gives the first class first")
    func order() async throws {
        try await TestDatabase.current.withQueue { fixture in
            for _ in 0..<2 { for priority in [2, 1, 0] { try await fixture.run(Self.fill(8, priority: priority)) } }
            for _ in 0..<2 {
                let claimed = try await fixture.claim(limit: 14)
                #expect(claimed.map(\.priority) == [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2])
                for priority in 0...2 {
                    let positions = claimed.filter { $0.priority == priority }.map(\.position)
                    #expect(positions == positions.sorted())
                }
            }
        }
    }

    @Test("leave what they do not use to the others, the first class first")
    func leftovers() async throws {
        try await TestDatabase.current.withQueue { fixture in
            try await fixture.run(Self.fill(30, priority: 2))
            #expect(try await fixture.claim(limit: 7).count == 7)
            try await fixture.run(Self.fill(2, priority: 0))
            try await fixture.run(Self.fill(30, priority: 1))
            let claimed = try await fixture.claim(limit: 14).map(\.priority)
            // The first class's six go to the second, which comes first of the two; the third keeps its share.
            #expect(claimed == Array(repeating: 0, count: 2) + Array(repeating: 1, count: 10) + [2, 2])
        }
    }

    @Test("never starve the last one, however many urgent tasks come")
    func neverStarved() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let last = try await fixture.enqueue(priority: 2)
            var turn = 0
            var rounds = 0
            while try await fixture.stored(last).status == "queued" {
                try #require(rounds < 7)
                try await fixture.run(Self.fill(3, priority: 0))
                turn += try await fixture.claim(limit: 1, turn: turn).count
                rounds += 1
            }
            #expect(rounds == 4)
        }
    }

    @Test("share out any number of slots exactly")
    func exact() async throws {
        try await TestDatabase.current.withQueue { fixture in
            let wrong = try await fixture.value(
                Int.self,
                Statement(
                    """
                    SELECT count(*) AS value FROM generate_series(0, 20) turn, generate_series(0, 40) slots
                    WHERE queue.share_v1(0, turn, slots) + queue.share_v1(1, turn, slots)
                            + queue.share_v1(2, turn, slots) <> slots
                        OR queue.share_v1(0, turn, slots) NOT BETWEEN slots * 4 / 7 AND (slots * 4 + 6) / 7
                        OR queue.share_v1(2, turn, slots) NOT BETWEEN slots / 7 AND (slots + 6) / 7
                    """
                )
            )
            #expect(wrong == 0)
        }
    }

    /// Tasks of one class, made in one statement.
    static func fill(_ count: Int, priority: Int, queue: String = "host-1") -> String {
        """
        SELECT queue.enqueue_v1(
            queue.new_id_v1(), '\(queue)', 'work', gen_random_uuid(), 'request', NULL, \(priority), 5, NULL
        )
        FROM generate_series(1, \(count))
        """
    }
}

extension QueueFixture {
    /// A claim of a worker that has filled so many slots before.
    func claim(limit: Int, turn: Int) async throws -> [QueuedTask] {
        try await queue.claim(
            ClaimRequest(
                workerID: "worker-1",
                kinds: ["work"],
                queues: [.init(name: "host-1", limit: limit)],
                leaseDuration: .seconds(30),
                turn: Int32(turn % 7)
            )
        ).tasks
    }
}
