/// Finished tasks, inserted as the design keeps them; and a drain with them there against one without.
struct RetainMeasurement: Sendable {
    let bench: Bench
    let count: Int

    /// Inserts them.
    func run() async throws -> Figure {
        let quiet = try await bench.commitReference()
        let started = ContinuousClock.now
        try await bench.database.retain(count)
        let rate = Double(count) / (ContinuousClock.now - started).seconds
        return Figure(
            verb: "retain",
            name: "retain, finished tasks inserted",
            value: rate,
            unit: "tasks/s",
            pgbench: quiet.rate,
            pgbenchUnit: "rows/s",
            reference: "pgbench, one durable row, 1 client",
            void: false,
            batch: count,
            callers: 1,
            rounds: 1,
            values: [rate]
        )
    }

    /// Drains a database where they are kept and one that is clean, in turn, each round.
    /// - Parameters:
    ///   - count: tasks of one drain.
    ///   - kept: finished tasks that `full` has.
    static func drains(
        _ count: Int,
        kept: Int,
        full: BenchDatabase,
        clean: BenchDatabase,
        bench: Bench
    ) async throws -> Figure {
        let drain = DrainMeasurement(bench: bench, count: count, workers: 1)
        var references: [Double] = []
        let rounds = try await bench.compare(
            "drain with finished tasks kept, against clean",
            against: "the same drain, clean",
            reference: {
                references.append(try await bench.drainReference(count))
                return try await drain.ours(on: clean)
            },
            ours: { try await drain.ours(on: full, keepsHistory: true) }
        )
        let isVoid = rounds.isVoid || references.median < (references.max() ?? 0) / 2
        return Figure(
            verb: "retain",
            name: "drain with \(kept) finished tasks kept",
            value: rounds.value,
            unit: "tasks/s",
            pgbench: rounds.reference,
            pgbenchUnit: "tasks/s",
            reference: "the same drain, clean",
            ratio: isVoid ? nil : rounds.ratio,
            void: isVoid,
            batch: Shape.batch,
            lanes: Shape.lanes,
            callers: 1,
            rounds: bench.rounds,
            values: rounds.ours,
            details: ["\(Shape.drainReference)": references.median]
        )
    }
}
