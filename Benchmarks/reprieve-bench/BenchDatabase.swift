import Foundation
import Logging
import Postgres
import SchemaSQL

/// A database that "setup" has prepared, and that the benchmark may therefore empty.
struct BenchDatabase: Sendable {
    /// How it is reached, from this process and from those that it starts.
    let url: String
    let pool: ConnectionPool

    static let logger = Logger(label: "reprieve-bench")

    /// The variable that names the database.
    static func url(variable: String = "DATABASE_URL") throws -> String {
        guard let url = ProcessInfo.processInfo.environment[variable], !url.isEmpty else {
            throw BenchError(.misused, "\(variable) is not set: a libpq connection string is needed")
        }
        return url
    }

    static func configuration(_ url: String) throws -> PostgresConfiguration {
        try PostgresConfiguration(connectionString: url, applicationName: "reprieve-bench")
    }

    /// Opens a database that has been set up, for the time of `body`.
    static func with<Value: Sendable>(
        _ url: String,
        _ body: (BenchDatabase) async throws -> Value
    ) async throws -> Value {
        try await withPool(url) { pool in
            guard try await pool.execute(BenchSQL.isSetUp).first?.decode(Bool.self, "yes") == true else {
                throw BenchError(.misused, "the database was not made by \"reprieve-bench setup\", and is left alone")
            }
            try await Migrator.check(pool)
            return try await body(BenchDatabase(url: url, pool: pool))
        }
    }

    /// Brings an empty database, or one that was set up before, to the schema.
    static func setUp(_ url: String) async throws {
        try await withPool(url) { pool in
            let row = try await pool.execute(BenchSQL.mayBeSetUp).first
            guard try row?.decode(Bool.self, "yes") == true else {
                throw BenchError(.misused, "the database is not empty, and is left alone")
            }
            try await pool.withConnection { connection in
                // First of all, so that what is interrupted can be repeated.
                try await connection.runScript("CREATE SCHEMA IF NOT EXISTS bench")
            }
            _ = try await Migrator(pool: pool).migrate()
            try await pool.withConnection { connection in
                try await connection.runScript(BenchSQL.schema)
            }
        }
    }

    private static func withPool<Value: Sendable>(
        _ url: String,
        _ body: (ConnectionPool) async throws -> Value
    ) async throws -> Value {
        // As many connections as reprieve-api has by default.
        let pool = ConnectionPool(configuration: try configuration(url), maximumConnections: 8, logger: logger)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(pool))
        } catch {
            result = .failure(error)
        }
        await pool.shutdown()
        return try result.get()
    }

    // MARK: The state in which a measurement begins

    /// Empties the tables.
    /// - Parameter history: whether finished tasks go too.
    func clear(history: Bool = true) async throws {
        try await call(BenchSQL.clear, [.boolean(history)])
    }

    /// Soft-deleted servers, over 1,000 projects.
    func makeServers(_ count: Int, host: String = BenchServers.host) async throws {
        try await call(BenchSQL.makeServers, [.bigint(Int64(count)), .text(host)])
    }

    /// Tasks that wait.
    func fill(_ count: Int, queue: String, kind: String) async throws {
        try await call(BenchSQL.fill, [.bigint(Int64(count)), .text(queue), .text(kind)])
    }

    /// Jobs that wait in the queue of the reference.
    func fillJobs(_ count: Int) async throws {
        try await call(BenchSQL.fillJobs, [.bigint(Int64(count))])
    }

    /// Finished tasks, as the design keeps them, and as autovacuum leaves them.
    func retain(_ count: Int) async throws {
        try await call(BenchSQL.retain, [.bigint(Int64(count))])
        try await pool.withConnection { try await $0.runScript(BenchSQL.vacuumHistory) }
    }

    /// Lets the server do now what it would otherwise do in the middle of a measurement.
    func settle() async throws {
        try await pool.withConnection { connection in
            for table in BenchSQL.vacuums { try await connection.runScript(table) }
            do {
                try await connection.runScript("CHECKPOINT")
            } catch let error as PostgresError where error.sqlState == "42501" {
                Output.note("no right to CHECKPOINT: one may fall into a measurement")
            }
        }
    }

    // MARK: What a measurement has left

    /// Tasks of a queue that are not finished.
    func unfinished(_ queue: String) async throws -> Int { try await count(BenchSQL.unfinished, [.text(queue)]) }

    /// Jobs of the reference that are left.
    func unfinishedJobs() async throws -> Int { try await count(BenchSQL.unfinishedJobs) }

    /// Restores that have been accepted, and the seconds from the first to the last.
    func accepted() async throws -> (count: Int, seconds: Double) {
        try await pair(BenchSQL.accepted)
    }

    /// Tasks that succeeded, and the seconds from the first claim to the last finish, by the database's clock.
    func finished() async throws -> (count: Int, seconds: Double) {
        try await pair(BenchSQL.finished)
    }

    /// Worker processes that the database knows and that live.
    func workers() async throws -> Int { try await count(BenchSQL.workers) }

    /// Transactions of this database so far.
    func transactions() async throws -> Int { try await count(BenchSQL.transactions) }

    /// The CPU of the server; nil when it runs elsewhere.
    func serverTimes() async throws -> ServerTimes? {
        ServerTimes(backend: Int32(try await count(BenchSQL.backend)))
    }

    // MARK: How

    private func call(_ statement: Statement, _ parameters: [PostgresValue]) async throws {
        try await pool.execute(statement, parameters, timeout: nil)
    }

    private func count(_ statement: Statement, _ parameters: [PostgresValue] = []) async throws -> Int {
        try await pool.execute(statement, parameters).first?.decode(Int.self, "count") ?? 0
    }

    private func pair(_ statement: Statement) async throws -> (Int, Double) {
        guard let row = try await pool.execute(statement, timeout: nil).first else { return (0, 0) }
        return (try row.decode(Int.self, "count"), try row.decode(Double?.self, "seconds") ?? 0)
    }
}
