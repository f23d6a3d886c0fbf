import Foundation
import Postgres

/// Where measurements are made: a database, a folder, and pgbench on the same database.
struct Bench: Sendable {
    let database: BenchDatabase
    let folder: URL
    let pgbench: PgBench
    let rounds: Int
    /// The best value that each reference has had so far, by its name.
    private let quiet = Guarded<[String: Double]>([:])

    static func with<Value: Sendable>(
        _ url: String,
        rounds: Int,
        _ body: (Bench) async throws -> Value
    ) async throws -> Value {
        try await BenchDatabase.with(url) { database in
            try await WorkFolder.with { folder in
                let pgbench = try await PgBench(url: url, folder: folder)
                return try await body(Bench(database: database, folder: folder, pgbench: pgbench, rounds: rounds))
            }
        }
    }

    init(database: BenchDatabase, folder: URL, pgbench: PgBench, rounds: Int) {
        self.database = database
        self.folder = folder
        self.pgbench = pgbench
        self.rounds = rounds
    }

    /// Runs the rounds of a comparison, each the reference and then ours.
    /// - Parameters:
    ///   - name: of what is measured, for the notes.
    ///   - against: what the reference is, the same wherever it is the same.
    func compare(
        _ name: String,
        against: String,
        reference: () async throws -> Double,
        ours: () async throws -> Double
    ) async throws -> Rounds {
        var result = Rounds(quiet: quiet.withLock { $0[against] ?? 0 })
        for round in 1...rounds {
            let theirs = try await reference()
            let our = try await ours()
            result.add(ours: our, reference: theirs)
            quiet.withLock { [best = result.quiet] in $0[against] = best }
            Output.note(
                "\(name), round \(round) of \(rounds): \(ReportTable.number(our)),"
                    + " reference \(ReportTable.number(theirs))"
            )
        }
        return result
    }

    /// The rate of the plain queue.
    func drainReference(_ count: Int) async throws -> Double {
        let share = Shape.referenceBatch * Shape.referenceClients
        let transactions = max(1, count / share)
        try await database.clear(history: false)
        try await database.fillJobs(transactions * share)
        try await database.settle()
        let result = try await pgbench.run(.drain, clients: Shape.referenceClients, transactions: transactions)
        let left = try await database.unfinishedJobs()
        guard left == 0 else { throw BenchError(.failed, "the reference left \(left) jobs behind") }
        return result.rate * Double(Shape.referenceBatch)
    }

    /// Rows that one client commits in a second: how fast the server is, for figures that no reference compares to.
    func commitReference() async throws -> PgBench.Result {
        try await pgbench.run(.commit, clients: 1, transactions: 1000)
    }
}
