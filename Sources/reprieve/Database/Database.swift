import Logging
import Postgres
import SchemaSQL
import Telemetry

/// The operator's way in: the database itself, with no API between.
enum Database {
    /// Opens the database that `database.url` (REPRIEVE_DATABASE_URL) names, for the time of `body`.
    ///
    /// There is no option for the connection string, since every user of the machine can read a process's arguments.
    static func withPool<Value: Sendable>(_ body: (ConnectionPool) async throws -> Value) async throws -> Value {
        let sources = try await ProcessConfiguration()
        let configuration = try PostgresConfiguration(
            connectionString: sources.requiredString("database.url"),
            applicationName: "reprieve"
        )
        // What the pool would log comes back as the error of the call.
        let logger = Logger(label: "reprieve", factory: { _ in SwiftLogNoOpLogHandler() })
        let pool = ConnectionPool(configuration: configuration, maximumConnections: 1, logger: logger)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(pool))
        } catch {
            result = .failure(error)
        }
        await pool.shutdown()
        return try result.get()
    }

    /// As ``withPool(_:)``, after a check that the schema is there and fits.
    static func withSchema<Value: Sendable>(_ body: (ConnectionPool) async throws -> Value) async throws -> Value {
        try await withPool { pool in
            try await Migrator.check(pool)
            return try await body(pool)
        }
    }
}
