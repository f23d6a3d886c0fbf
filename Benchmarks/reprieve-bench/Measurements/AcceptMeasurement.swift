import Compute
import Postgres
import TaskQueue

/// Restores accepted in a second, through the library as `reprieve-api` uses it.
struct AcceptMeasurement: Sendable {
    let bench: Bench
    let count: Int
    let callers: Int

    var referenceName: String { "pgbench, the function for one row, \(callers) clients" }

    /// As many as pgbench can share out evenly.
    private var shared: Int { max(1, count / callers) * callers }

    func run() async throws -> Figure {
        let rounds = try await bench.compare(
            "accept, \(callers) callers",
            against: referenceName,
            reference: reference,
            ours: ours
        )
        return Figure(
            verb: "accept",
            name: "accept, \(callers) callers",
            unit: "restores/s",
            reference: referenceName,
            rounds: rounds,
            batch: Shape.batch,
            lanes: Shape.lanes,
            callers: callers
        )
    }

    /// pgbench, each client a connection, each transaction one restore.
    func reference() async throws -> Double {
        try await prepare()
        let result = try await bench.pgbench.run(
            .accept,
            clients: callers,
            transactions: shared / callers,
            variables: ["n": "-1", "clients": "\(callers)"]
        )
        try await check()
        return result.rate
    }

    private func ours() async throws -> Double {
        try await prepare()
        let started = ContinuousClock.now
        try await Self.restoreAll(shared, callers: callers, on: bench.database)
        let seconds = (ContinuousClock.now - started).seconds
        try await check()
        return Double(shared) / seconds
    }

    private func prepare() async throws {
        try await bench.database.clear()
        try await bench.database.makeServers(shared)
        try await bench.database.settle()
    }

    /// Each restore was accepted, and is in the database.
    private func check() async throws {
        let accepted = try await bench.database.accepted().count
        guard accepted == shared else { throw BenchError(.failed, "\(accepted) of \(shared) restores were accepted") }
    }

    /// Restores servers 0 ..< count, each as its owner, by so many tasks at once, with wake-ups as the API sends them.
    static func restoreAll(_ count: Int, callers: Int, on database: BenchDatabase) async throws {
        let notifier = TaskNotifier(queue: TaskQueue(pool: database.pool), logger: BenchDatabase.logger)
        let store = ServerStore(pool: database.pool, notifier: notifier)
        try await withThrowingTaskGroup { group in
            group.addTask { try await notifier.run() }
            try await withThrowingTaskGroup { callersGroup in
                for caller in 0..<callers {
                    callersGroup.addTask {
                        for number in stride(from: caller, to: count, by: callers) {
                            try await restore(number, store)
                        }
                    }
                }
                try await callersGroup.waitForAll()
            }
            group.cancelAll()
        }
    }

    private static func restore(_ number: Int, _ store: ServerStore) async throws {
        let project = BenchServers.projectID(number)
        let outcome = try await store.restore(
            BenchServers.serverID(number),
            by: Caller(userID: "bench", projectID: project, scope: .project(project)),
            requestID: BenchServers.requestID(number)
        )
        guard case .accepted = outcome else {
            throw BenchError(.failed, "the restore of server \(number) was not accepted: \(outcome)")
        }
    }
}
