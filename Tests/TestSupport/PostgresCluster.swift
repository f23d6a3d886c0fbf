package import Foundation
package import Postgres

/// A real PostgreSQL server, made by this process, reached through a unix socket only, and gone with this process,
/// however it ends.
package actor PostgresCluster {
    /// How a server is stopped.
    package enum StopMode: String, Sendable {
        /// Ends the sessions, rolls back, and shuts down cleanly.
        case fast = "INT"
        /// Drops everything at once, like a crash; it recovers at the next start.
        case immediate = "QUIT"
    }

    /// The folder of data, socket and log (`server.log`).
    package nonisolated let folder: URL

    /// Connections to the database `postgres`, for questions about other databases.
    package nonisolated let administrator: ConnectionPool

    private let watchdog: PostgresClusterWatchdog
    private var templates: [String: Task<String, any Error>] = [:]
    private var databasesMade = 0

    private init(folder: URL, watchdog: PostgresClusterWatchdog) throws {
        self.folder = folder
        self.watchdog = watchdog
        let configuration = try PostgresConfiguration(
            connectionString: Self.connectionString(folder: folder, database: "postgres"),
            applicationName: "test administrator"
        )
        administrator = ConnectionPool(
            configuration: configuration,
            maximumConnections: 4,
            acquireTimeout: .seconds(60),
            logger: TestDatabase.logger
        )
    }

    /// The server that all tests of this process share; the first use starts it. Nobody may stop it.
    package static var shared: PostgresCluster {
        get async throws { try await sharedStart.value }
    }

    private static let sharedStart = Task { try await PostgresCluster.start() }

    /// Makes and starts a server for one test, which may stop and restart it. It goes away with the last reference.
    package static func start() async throws -> PostgresCluster {
        let installation = try PostgresClusterInstallation.find()
        let folder = try installation.makeFolder()
        let data = folder.appending(path: "data").path
        let settings = [
            "listen_addresses=", "unix_socket_directories=\(folder.path)", "fsync=off", "max_connections=200",
            "log_line_prefix=%m [%p] %d ", "log_statement=ddl",
        ]
        // Before anything is in the folder, so that it is removed even when this process ends in the middle.
        let watchdog = try PostgresClusterWatchdog(
            folder: folder,
            serverCommand: installation.command("postgres", ["-D", data] + settings.flatMap { ["-c", $0] })
        )
        try await Subprocess.run(
            installation.command("initdb", ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]),
            log: folder.appending(path: "initdb.log").path
        )
        let cluster = try PostgresCluster(folder: folder, watchdog: watchdog)
        try await cluster.start()
        return cluster
    }

    /// Starts the server again after ``stop(mode:)``, and waits until it accepts connections.
    package func start() async throws {
        try await watchdog.send("start")
        // The pool tries until the server answers.
        try await administer("SELECT 1")
    }

    /// Stops the server and waits until it is gone.
    package func stop(mode: StopMode = .fast) async throws {
        try await watchdog.send(mode.rawValue)
    }

    /// Stops the server and starts it as a standby that takes over at once: a new timeline, as after a failover.
    package func failOver() async throws {
        try await stop()
        let signal = folder.appending(path: "data/standby.signal").path
        guard FileManager.default.createFile(atPath: signal, contents: nil) else {
            throw Subprocess.Failure(description: "\(signal) cannot be made")
        }
        try await start()
        try await administer("SELECT pg_promote()")
    }

    /// Stops and starts the server.
    package func restart(mode: StopMode = .fast) async throws {
        try await stop(mode: mode)
        try await start()
    }
}

extension PostgresCluster {
    /// Makes a database.
    /// - Parameter template: the database to copy, which nobody may be connected to; nil for an empty one.
    package func createDatabase(template: String? = nil) async throws -> TestDatabase {
        databasesMade += 1
        let name = "test_\(databasesMade)"
        try await administer("CREATE DATABASE \(name) TEMPLATE \(template ?? "template0")")
        return TestDatabase(name: name, cluster: self)
    }

    /// Makes a copy of a template, which is made itself at its first use.
    /// - Parameters:
    ///   - template: its name, lower-case letters only.
    ///   - prepare: fills the template; it must close its connections.
    package func createDatabase(
        template: String,
        prepare: @escaping @Sendable (TestDatabase) async throws -> Void
    ) async throws -> TestDatabase {
        let making = templates[template] ?? Task { try await self.makeTemplate(template, prepare) }
        templates[template] = making
        return try await createDatabase(template: making.value)
    }

    /// Drops a database, ending what sessions it still has.
    package func drop(_ database: TestDatabase) async throws {
        try await administer("DROP DATABASE IF EXISTS \(database.name) WITH (FORCE)")
    }

    /// How a database of this server is reached, from this or another process.
    nonisolated func connectionString(database: String) -> String {
        Self.connectionString(folder: folder, database: database)
    }

    private static func connectionString(folder: URL, database: String) -> String {
        let host = folder.path.replacingOccurrences(of: "/", with: "%2F")
        return "postgresql://postgres@/\(database)?host=\(host)"
    }

    private func makeTemplate(
        _ name: String,
        _ prepare: @Sendable (TestDatabase) async throws -> Void
    ) async throws -> String {
        try await administer("CREATE DATABASE \(name) TEMPLATE template0")
        let database = TestDatabase(name: name, cluster: self)
        try await prepare(database)
        try await waitUntil("nobody is connected to the template \(name)") {
            try await database.sessions().isEmpty
        }
        return name
    }

    /// Runs SQL as the superuser on the database `postgres`.
    private func administer(_ sql: String) async throws {
        try await administrator.withConnection { try await $0.runScript(sql, timeout: .seconds(60)) }
    }
}
