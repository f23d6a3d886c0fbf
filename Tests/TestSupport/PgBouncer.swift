import Foundation
package import Postgres

/// A real PgBouncer in front of a test's database, reached through a unix socket only, and gone with this process,
/// however it ends.
package final class PgBouncer: Sendable {
    /// For how long a client keeps a connection to the server.
    package enum Mode: String, Sendable {
        case session, transaction
    }

    /// What it does with a connection to the server that a transaction has left.
    package enum Reset: Sendable {
        /// Nothing, as it does by default: the next client finds what the last one left.
        case never
        /// `DISCARD ALL`: the next transaction finds nothing, not even its own client's.
        case always
    }

    /// How the database is reached through it, from this or another process.
    package let connectionString: String

    private let folder: URL
    private let database: TestDatabase
    private let watchdog: PostgresClusterWatchdog
    private let serverConnections: Int
    private let reset: Reset

    /// Runs `body` with a PgBouncer, and stops it, so that its connections to the server are closed.
    /// - Parameter serverConnections: how many it makes to the server, for all clients together.
    package static func run(
        for database: TestDatabase = .current,
        mode: Mode = .transaction,
        serverConnections: Int = 2,
        reset: Reset = .never,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (PgBouncer) async throws -> Void
    ) async throws {
        let bouncer = try PgBouncer(database, serverConnections: serverConnections, reset: reset)
        var failure: (any Error)?
        do {
            try await bouncer.start(mode: mode)
            try await body(bouncer)
        } catch {
            failure = error
        }
        try await bouncer.stop()
        if let failure { throw failure }
    }

    private init(_ database: TestDatabase, serverConnections: Int, reset: Reset) throws {
        let installation = try PostgresClusterInstallation.find()
        folder = try installation.makeFolder()
        self.database = database
        self.serverConnections = serverConnections
        self.reset = reset
        let host = folder.path.replacingOccurrences(of: "/", with: "%2F")
        connectionString = "postgresql://postgres@/\(database.name)?host=\(host)&port=6432"
        watchdog = try PostgresClusterWatchdog(
            folder: folder,
            serverCommand: installation.commandAsServerUser(try Self.find(), [Self.settings(in: folder).path])
        )
    }

    /// Starts it again after ``stop()``, perhaps in another mode, and waits until it serves.
    package func start(mode: Mode) async throws {
        let text = """
            [databases]
            \(database.name) = host=\(database.cluster.folder.path) user=postgres
            [pgbouncer]
            listen_addr =
            unix_socket_dir = \(folder.path)
            auth_type = any
            pool_mode = \(mode.rawValue)
            default_pool_size = \(serverConnections)
            max_client_conn = 200
            server_reset_query = DISCARD ALL
            server_reset_query_always = \(reset == .always ? 1 : 0)
            """
        try Data(text.utf8).write(to: Self.settings(in: folder))
        try await watchdog.send("start")
        try await withPool { _ = try await $0.execute(Statement("SELECT 1")) }
    }

    /// Kills it.
    package func stop() async throws {
        try await watchdog.send("KILL")
    }

    /// A configuration for the database through it, with the defaults of the product.
    package func configuration(
        applicationName: String = "test",
        usesPreparedStatements: Bool = true
    ) throws -> PostgresConfiguration {
        try PostgresConfiguration(
            connectionString: connectionString,
            applicationName: applicationName,
            usesPreparedStatements: usesPreparedStatements
        )
    }

    /// A pool for the database through it, which `body` uses and which is shut down afterwards.
    package func withPool<Value: Sendable>(
        maximumConnections: Int = 1,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (ConnectionPool) async throws -> Value
    ) async throws -> Value {
        let pool = ConnectionPool(
            configuration: try configuration(),
            maximumConnections: maximumConnections,
            acquireTimeout: .seconds(30),
            logger: TestDatabase.logger
        )
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(pool))
        } catch {
            result = .failure(error)
        }
        await pool.shutdown()
        return try result.get()
    }

    private static func settings(in folder: URL) -> URL {
        folder.appending(path: "pgbouncer.ini")
    }

    private static func find() throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin"]
        let found = folders.map { "\($0)/pgbouncer" }.first(where: FileManager.default.isExecutableFile)
        guard let found else { throw Subprocess.Failure(description: "no pgbouncer is installed") }
        return found
    }
}
