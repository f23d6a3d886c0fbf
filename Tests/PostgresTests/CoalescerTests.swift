import TestSupport
import Testing

@testable import Postgres

@Suite("A coalescer")
struct CoalescerTests {
    private static func refusal(_ state: String) -> PostgresError {
        PostgresError(.server, "refused", sqlState: state, retry: .never)
    }

    @Test("sends a caller who is alone through the single form")
    func alone() async throws {
        let desk = CoalescerDesk()
        let coalescer = desk.coalescer()
        for request in 1...3 { #expect(try await coalescer.perform(request) == request * 10) }
        #expect(await desk.calls == [[1], [2], [3]])
        #expect(await desk.singles == 3)
    }

    @Test("serves 64 who wait in one batch, first come first, each with its own outcome")
    func manyCallers() async throws {
        let desk = CoalescerDesk(isOpen: false)
        let results = try await desk.results(1...64)
        #expect(try results.map { try $0.get() } == (0...64).map { $0 * 10 })
        #expect(await desk.calls == [[0], Array(1...64)])
    }

    @Test("takes no more at once than a batch may hold, and goes on until nobody waits")
    func batchLimit() async throws {
        let desk = CoalescerDesk(isOpen: false)
        _ = try await desk.results(1...25, batchLimit: 10)
        #expect(await desk.calls == [[0], Array(1...10), Array(11...20), Array(21...25)])
    }

    @Test("has as many statements under way as it has lanes, and no more")
    func lanes() async throws {
        let desk = CoalescerDesk(isOpen: false)
        let coalescer = desk.coalescer(lanes: 2)
        try await withThrowingTaskGroup { group in
            for request in 1...2 {
                group.addTask { try await coalescer.perform(request) }
                try await waitUntil("\(request) is under way") { await desk.calls.count == request }
            }
            group.addTask { try await coalescer.perform(3) }
            try await waitUntil("the third waits") { coalescer.waiting == 1 }
            await desk.open()
            #expect(try await group.reduce(0, +) == 60)
        }
        #expect(await desk.calls == [[1], [2], [3]])
    }

    @Test("repeats a batch that the server refused row by row, so that one row harms no other")
    func refusedRow() async throws {
        let desk = CoalescerDesk(
            isOpen: false,
            batchErrors: [Self.refusal("23505")],
            singleErrors: [3: Self.refusal("23505")]
        )
        let results = try await desk.results(1...5)
        #expect(results[3].failure?.sqlState == "23505")
        #expect(results.compactMap { try? $0.get() } == [0, 10, 20, 40, 50])
        #expect(await desk.calls == [[0], [1, 2, 3, 4, 5], [1], [2], [3], [4], [5]])
    }

    @Test("repeats a batch once after a deadlock, and after a second one row by row", arguments: [1, 2])
    func deadlock(times: Int) async throws {
        let deadlock = PostgresError(.server, "deadlock", sqlState: "40P01", retry: .safe)
        let desk = CoalescerDesk(isOpen: false, batchErrors: Array(repeating: deadlock, count: times))
        let results = try await desk.results(1...3)
        #expect(try results.map { try $0.get() } == [0, 10, 20, 30])
        let singles = times == 1 ? [] : [[1], [2], [3]]
        #expect(await desk.calls == [[0], [1, 2, 3], [1, 2, 3]] + singles)
    }

    @Test(
        "tells all of a batch whose outcome is unknown, or when the server is in trouble, and repeats nothing",
        arguments: [
            PostgresError(.outcomeUnknown, "lost", retry: .outcomeUnknown),
            PostgresError(.timeout, "late", retry: .outcomeUnknown),
            PostgresError(.connectionFailed, "nobody there", retry: .safe),
            PostgresError(.server, "stopping", sqlState: "57P01", retry: .safe),
            PostgresError(.server, "full", sqlState: "53100", retry: .safe),
        ]
    )
    func trouble(error: PostgresError) async throws {
        let desk = CoalescerDesk(isOpen: false, batchErrors: [error])
        let results = try await desk.results(1...4)
        #expect(results.dropFirst().allSatisfy { $0.failure?.message == error.message })
        #expect(await desk.calls == [[0], [1, 2, 3, 4]])
    }

    @Test("stops repeating rows when the server goes away meanwhile, and tells those who are left")
    func troubleMeanwhile() async throws {
        let lost = PostgresError(.outcomeUnknown, "lost", retry: .outcomeUnknown)
        let desk = CoalescerDesk(isOpen: false, batchErrors: [Self.refusal("23505")], singleErrors: [2: lost])
        let results = try await desk.results(1...4)
        #expect(results.map { $0.failure?.message } == [nil, nil, "lost", "lost", "lost"])
        #expect(await desk.calls == [[0], [1, 2, 3, 4], [1], [2]])
    }

    @Test("calls it unknown what a batch with too few outcomes did")
    func wrongCount() async throws {
        let desk = CoalescerDesk(isOpen: false, losesOutcomes: true)
        let results = try await desk.results(1...3)
        #expect(results.dropFirst().allSatisfy { $0.failure?.retry == .outcomeUnknown })
    }

    @Test("fails the next caller at once when the line is full")
    func fullLine() async throws {
        let desk = CoalescerDesk(isOpen: false)
        let coalescer = desk.coalescer(waiterLimit: 1)
        try await withThrowingTaskGroup(of: Int.self) { group in
            group.addTask { try await coalescer.perform(1) }
            try await waitUntil("the lane is at work") { await desk.calls.count == 1 }
            group.addTask { try await coalescer.perform(2) }
            try await waitUntil("the second waits") { coalescer.waiting == 1 }
            let error = await #expect(throws: PostgresError.self) { try await coalescer.perform(3) }
            #expect(error?.code == .poolExhausted && error?.retry == .safe)
            await desk.open()
            #expect(try await group.reduce(0, +) == 30)
        }
    }

    @Test("lets a cancelled caller leave the line, and only that one")
    func cancelledInLine() async throws {
        let desk = CoalescerDesk(isOpen: false)
        let coalescer = desk.coalescer()
        async let first = coalescer.perform(1)
        try await waitUntil("the lane is at work") { await desk.calls.count == 1 }
        let leaving = Task { try await coalescer.perform(2) }
        try await waitUntil("one waits") { coalescer.waiting == 1 }
        async let third = coalescer.perform(3)
        try await waitUntil("two wait") { coalescer.waiting == 2 }
        leaving.cancel()
        let error = await #expect(throws: PostgresError.self) { try await leaving.value }
        #expect(error?.code == .cancelled && error?.retry == .safe)
        await desk.open()
        #expect(try await first == 10)
        #expect(try await third == 30)
        #expect(await desk.calls == [[1], [3]])
    }

    @Test("awaits what was sent for a caller that is cancelled, for it and for the others of its batch")
    func cancelledAfterSending() async throws {
        let desk = CoalescerDesk(isOpen: false)
        let coalescer = desk.coalescer()
        let caller = Task { try await coalescer.perform(1) }
        try await waitUntil("it is sent") { await desk.calls.count == 1 }
        caller.cancel()
        async let other = coalescer.perform(2)
        try await waitUntil("another waits") { coalescer.waiting == 1 }
        await desk.open()
        #expect(try await caller.value == 10)
        #expect(try await other == 20)
    }

    @Test("never sends what a task asks for that was cancelled before")
    func cancelledBefore() async throws {
        let desk = CoalescerDesk(isOpen: false)
        let coalescer = desk.coalescer()
        async let first = coalescer.perform(1)
        try await waitUntil("the lane is at work") { await desk.calls.count == 1 }
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await coalescer.perform(2)
        }
        let error = await #expect(throws: PostgresError.self) { try await late.value }
        #expect(error?.code == .cancelled)
        await desk.open()
        #expect(try await first == 10)
        #expect(await desk.calls == [[1]])
    }
}
