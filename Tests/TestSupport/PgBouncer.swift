import Foundation
package import Postgres

/// A real PgBouncer in front of a test's database, in transaction mode, reached through a unix socket only, and gone with
/// this process, however it ends.
package final class PgBouncer: Sendable {
    /// What it does with a connection to the server that a transaction has left.
    package enum Reset: Sendable {
        /// Nothing, as it does by default: the next client finds what the last one left.
        case never
        /// `DISCARD ALL`: the next transaction finds nothing, not even its own client's.
        case always
    }

    /// How the database is reached through it, from this or another process.
    package let connectionString: String
    private let watchdog: PostgresClusterWatchdog

    /// Starts it and waits until it serves.
    /// - Parameter serverConnections: how many it makes to the server, for all clients together.
    package static func start(
        for database: TestDatabase,
        serverConnections: Int,
        reset: Reset = .never
    ) async throws -> PgBouncer {
        let installation = try PostgresClusterInstallation.find()
        let folder = try installation.makeFolder()
        let settings = folder.appending(path: "pgbouncer.ini")
        let watchdog = try PostgresClusterWatchdog(
            folder: folder,
            serverCommand: installation.commandAsServerUser(try find(), [settings.path])
        )
        let text = """
            [databases]
            \(database.name) = host=\(database.cluster.folder.path) user=postgres
            [pgbouncer]
            listen_addr =
            unix_socket_dir = \(folder.path)
            auth_type = any
            pool_mode = transaction
            default_pool_size = \(serverConnections)
            max_client_conn = 200
            server_reset_query = DISCARD ALL
            server_reset_query_always = \(reset == .always ? 1 : 0)
            """
        try Data(text.utf8).write(to: settings)
        let bouncer = PgBouncer(folder: folder, database: database.name, watchdog: watchdog)
        try await watchdog.send("start")
        let pool = ConnectionPool(
            configuration: try bouncer.configuration(applicationName: "pgbouncer test"),
            maximumConnections: 1,
            acquireTimeout: .seconds(30),
            logger: TestDatabase.logger
        )
        do {
            try await pool.execute(Statement("SELECT 1"))
        } catch {
            await pool.shutdown()
            throw error
        }
        await pool.shutdown()
        return bouncer
    }

    private init(folder: URL, database: String, watchdog: PostgresClusterWatchdog) {
        let host = folder.path.replacingOccurrences(of: "/", with: "%2F")
        connectionString = "postgresql://postgres@/\(database)?host=\(host)&port=6432"
        self.watchdog = watchdog
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

    /// Stops it, so that its connections to the server are closed.
    package func stop() async throws {
        try await watchdog.send("KILL")
    }

    private static func find() throws -> String {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin"]
        let found = folders.map { "\($0)/pgbouncer" }.first(where: FileManager.default.isExecutableFile)
        guard let found else { throw Subprocess.Failure(description: "no pgbouncer is installed") }
        return found
    }
}
