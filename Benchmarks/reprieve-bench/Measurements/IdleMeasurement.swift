import Foundation

/// What a `reprieve-worker` costs that has nothing to do.
struct IdleMeasurement: Sendable {
    let bench: Bench
    let seconds: Int

    func run() async throws -> Figure {
        try await bench.database.clear()
        let quiet = try await bench.commitReference()
        return try await WorkFolder.with { machines in
            let worker = try RealWorker.start(
                "idle",
                url: bench.database.url,
                machines: machines,
                folder: bench.folder
            )
            let result: Result<Figure, any Error>
            do {
                result = .success(try await watch(worker, quiet))
            } catch {
                result = .failure(error)
            }
            await worker.stop()
            return try result.get()
        }
    }

    private func watch(_ worker: ChildProcess, _ quiet: PgBench.Result) async throws -> Figure {
        try await Wait.until(within: .seconds(60), "the worker is known") {
            try worker.requireRunning()
            return try await bench.database.workers() > 0
        }
        // A session tells its transactions at most once a second, and an idle one within ten.
        try await Task.sleep(for: .seconds(12))
        let (before, transactions) = (ProcessTimes.of(worker.identifier), try await bench.database.transactions())
        try await Task.sleep(for: .seconds(seconds))
        let (after, total) = (ProcessTimes.of(worker.identifier), try await bench.database.transactions())
        guard let before, let after, let memory = ProcessTimes.residentMegabytes(worker.identifier) else {
            throw BenchError(.failed, "the worker ended: \(worker.output)")
        }
        let isShared = try ProcessTimes.usesSharedRuntime(worker.identifier)
        // The look at the beginning is one transaction itself.
        let rate = Double(max(0, total - transactions - 1)) / Double(seconds)
        return Figure(
            verb: "idle",
            name: "idle worker, \(isShared ? "shared" : "static") runtime, RSS",
            value: memory,
            unit: "MB",
            pgbench: quiet.latency,
            pgbenchUnit: "ms",
            reference: "pgbench, one durable row, 1 client",
            void: false,
            callers: 1,
            rounds: 1,
            values: [memory],
            details: [
                "CPU %": 100 * (after.own - before.own).seconds / Double(seconds),
                "transactions/s": rate,
                "seconds": Double(seconds),
            ]
        )
    }
}
