import Foundation
import Hypervisor

/// Real restores done in a second, by `reprieve-worker` processes on machines that are files.
struct RestoreMeasurement: Sendable {
    let bench: Bench
    let count: Int
    let workers: Int

    /// Restores with the driver, and their SQL alone, each against the plain queue of the same round.
    func run() async throws -> [Figure] {
        try await warmUp()
        let restores = try await bench.compare(
            "drain, restores",
            against: Shape.drainReference,
            reference: { try await bench.drainReference(count) },
            ours: restoreAll
        )
        let statements = try await bench.compare(
            "drain, SQL of restores",
            against: Shape.drainReference,
            reference: { try await bench.drainReference(count) },
            ours: statementsAlone
        )
        return [
            Figure(
                verb: "drain",
                name: "drain, real restores, \(workers) worker\(workers == 1 ? "" : "s")",
                unit: "restores/s",
                reference: Shape.drainReference,
                rounds: restores,
                batch: Shape.batch,
                lanes: Shape.lanes,
                callers: workers
            ),
            Figure(
                verb: "drain",
                name: "drain, the SQL of restores alone, by pgbench",
                unit: "restores/s",
                reference: Shape.drainReference,
                rounds: statements,
                batch: Shape.referenceBatch,
                callers: Shape.referenceClients
            ),
        ]
    }

    /// As many as pgbench can share out evenly.
    private var shared: Int {
        let share = Shape.referenceBatch * Shape.referenceClients
        return max(1, count / share) * share
    }

    /// Fails early when a program is missing.
    private func warmUp() async throws { _ = try Programs.product("reprieve-worker") }

    /// Soft-deleted servers whose restore has been accepted.
    private func prepare(_ count: Int) async throws {
        try await bench.database.clear()
        try await bench.database.makeServers(count)
        try await bench.database.settle()
        try await AcceptMeasurement.restoreAll(count, callers: 64, on: bench.database)
        try await bench.database.settle()
    }

    private func restoreAll() async throws -> Double {
        try await WorkFolder.with { machines in
            try await define(count, in: machines)
            try await prepare(count)
            let processes = try (0..<workers).map { number in
                try RealWorker.start(
                    "worker-\(number)",
                    url: bench.database.url,
                    machines: machines,
                    slots: RealWorker.mostSlots,
                    folder: bench.folder
                )
            }
            let result: Result<Void, any Error>
            do {
                try await Wait.until(within: .seconds(600), "every restore is done") {
                    for process in processes { try process.requireRunning() }
                    // Seldom enough to disturb nobody: a drain takes seconds.
                    try await Task.sleep(for: .milliseconds(50))
                    return try await bench.database.unfinished(BenchServers.host) == 0
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            for process in processes { await process.stop() }
            try result.get()
            return try await rate(count)
        }
    }

    private func statementsAlone() async throws -> Double {
        try await prepare(shared)
        let result = try await bench.pgbench.run(
            .restore,
            clients: Shape.referenceClients,
            transactions: shared / (Shape.referenceBatch * Shape.referenceClients),
            variables: ["low": "0", "host": BenchServers.host]
        )
        _ = try await rate(shared)
        return result.rate * Double(Shape.referenceBatch)
    }

    /// By the database's clock, from the first claim to the last finish, since the product's worker keeps no ledger.
    private func rate(_ count: Int) async throws -> Double {
        let finished = try await bench.database.finished()
        guard finished.count == count else {
            throw BenchError(.failed, "\(finished.count) of \(count) restores succeeded")
        }
        return Double(count) / finished.seconds
    }

    /// Makes machines that are powered off.
    private func define(_ count: Int, in folder: URL) async throws {
        let hypervisor = try FakeHypervisor(directory: folder.path, host: BenchServers.host)
        for number in 0..<count {
            try await hypervisor.define(
                BenchServers.serverID(number),
                name: "bench-\(number)",
                powerState: .shutdown
            )
        }
    }
}
