import Postgres
import TestSupport

/// Stands in for a database behind a coalescer: notes every call, holds it until it is opened, and fails as it is told.
actor CoalescerDesk {
    /// The requests of every call so far; a call of the single form has one.
    private(set) var calls: [[Int]] = []
    private(set) var singles = 0
    private var batchErrors: [PostgresError]
    private let singleErrors: [Int: PostgresError]
    private let losesOutcomes: Bool
    private var isOpen: Bool
    private var held: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - batchErrors: what the first batches fail with.
    ///   - singleErrors: what the single form fails with, by request.
    ///   - losesOutcomes: whether a batch gives one outcome too few.
    init(
        isOpen: Bool = true,
        batchErrors: [PostgresError] = [],
        singleErrors: [Int: PostgresError] = [:],
        losesOutcomes: Bool = false
    ) {
        self.losesOutcomes = losesOutcomes
        self.isOpen = isOpen
        self.batchErrors = batchErrors
        self.singleErrors = singleErrors
    }

    /// A coalescer that asks here; the outcome of a request is its tenfold.
    nonisolated func coalescer(lanes: Int = 1, batchLimit: Int = 500, waiterLimit: Int = 4096) -> Coalescer<Int, Int> {
        Coalescer(lanes: lanes, batchLimit: batchLimit, waiterLimit: waiterLimit) { (request) throws(PostgresError) in
            try await self.single(request)
        } batch: { (requests) throws(PostgresError) in
            try await self.batch(requests)
        }
    }

    /// Lets the calls that are held go, and all later ones.
    func open() {
        isOpen = true
        for call in held { call.resume() }
        held = []
    }

    private func single(_ request: Int) async throws(PostgresError) -> Int {
        singles += 1
        await note([request])
        if let error = singleErrors[request] { throw error }
        return request * 10
    }

    private func batch(_ requests: [Int]) async throws(PostgresError) -> [Int] {
        await note(requests)
        if !batchErrors.isEmpty { throw batchErrors.removeFirst() }
        return requests.dropFirst(losesOutcomes ? 1 : 0).map { $0 * 10 }
    }

    private func note(_ requests: [Int]) async {
        calls.append(requests)
        guard !isOpen else { return }
        await withCheckedContinuation { held.append($0) }
    }
}

extension CoalescerDesk {
    /// Sends `requests`, in this order, behind a request 0 that a lane is at work on; opens; gives their results.
    nonisolated func results(
        _ requests: ClosedRange<Int>,
        batchLimit: Int = 500
    ) async throws -> [Result<Int, PostgresError>] {
        let coalescer = coalescer(batchLimit: batchLimit)
        return try await withThrowingTaskGroup(of: (Int, Result<Int, PostgresError>).self) { group in
            group.addTask { (0, await coalescer.result(0)) }
            try await waitUntil("a lane is at work") { await calls.count == 1 }
            for (place, request) in requests.enumerated() {
                group.addTask { (request, await coalescer.result(request)) }
                try await waitUntil("\(request) is in line") { coalescer.waiting == place + 1 }
            }
            await open()
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }.sorted { $0.key < $1.key }.map(\.value)
        }
    }
}

extension Coalescer {
    func result(_ request: Request) async -> Result<Outcome, PostgresError> {
        do throws(PostgresError) {
            return .success(try await perform(request))
        } catch {
            return .failure(error)
        }
    }
}
