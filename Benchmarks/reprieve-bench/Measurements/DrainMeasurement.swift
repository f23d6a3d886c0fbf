/// Tasks that do nothing, done in a second by worker processes.
struct DrainMeasurement: Sendable {
    static let queue = "bench"
    static let kind = "noop"

    let bench: Bench
    let count: Int
    let workers: Int

    func run() async throws -> Figure {
        let rounds = try await bench.compare(
            "drain, workers: \(workers)",
            against: Shape.drainReference,
            reference: { try await bench.drainReference(count) },
            ours: { try await ours(on: bench.database) }
        )
        return Figure(
            verb: "drain",
            name: "drain, no-op, \(workers) worker\(workers == 1 ? "" : "s")",
            unit: "tasks/s",
            reference: Shape.drainReference,
            rounds: rounds,
            batch: Shape.batch,
            lanes: Shape.lanes,
            callers: workers
        )
    }

    /// One drain, from an empty queue that is then filled.
    /// - Parameter keepsHistory: whether finished tasks of before stay.
    func ours(on database: BenchDatabase, keepsHistory: Bool = false) async throws -> Double {
        try await database.clear(history: !keepsHistory)
        try await database.fill(count, queue: Self.queue, kind: Self.kind)
        try await database.settle()
        return Double(count) / (try await drain(on: database))
    }

    /// Drains what waits.
    /// - Returns: seconds from the first handler's start to the last completion committed.
    func drain(on database: BenchDatabase) async throws -> Double {
        try await BenchWorkers.with(workers, queue: Self.queue, url: database.url, folder: bench.folder) { workers in
            try await workers.waitUntilEnded(count)
            let left = try await database.unfinished(Self.queue)
            guard left == 0 else { throw BenchError(.failed, "\(left) of \(count) tasks are not finished") }
            return workers.seconds
        }
    }
}
