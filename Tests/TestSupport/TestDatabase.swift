package import Logging
package import Postgres
package import Testing

/// A database of a ``PostgresCluster``, made for one test.
package struct TestDatabase: Sendable {
    /// Its name.
    package let name: String
    /// Its server.
    package let cluster: PostgresCluster

    /// How it is reached, from this or another process.
    package var connectionString: String { cluster.connectionString(database: name) }

    /// For what a test makes itself; it shows only what is an error.
    package static let logger: Logger = {
        var logger = Logger(label: "test")
        logger.logLevel = .error
        return logger
    }()

    @TaskLocal private static var bound: TestDatabase?

    /// The database of the running test, which must have a trait that makes one, such as `.emptyDatabase`.
    package static var current: TestDatabase {
        guard let bound else { preconditionFailure("the test has no trait that gives it a database") }
        return bound
    }

    /// A configuration for it.
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

    /// A pool for it, which `body` uses and which is shut down afterwards.
    package func withPool<Value: Sendable>(
        maximumConnections: Int = 4,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (ConnectionPool) async throws -> Value
    ) async throws -> Value {
        let pool = ConnectionPool(
            configuration: try configuration(),
            maximumConnections: maximumConnections,
            logger: Self.logger
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

    /// A connection to it, which `body` uses and which is closed afterwards.
    package func withConnection<Value: Sendable>(
        usesPreparedStatements: Bool = true,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Connection) async throws -> Value
    ) async throws -> Value {
        let configuration = try configuration(usesPreparedStatements: usesPreparedStatements)
        let connection = try await Connection.connect(configuration, logger: Self.logger)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(connection))
        } catch {
            result = .failure(error)
        }
        await connection.close()
        return try result.get()
    }

    /// Listens to a channel while `body` runs, which is handed what has been heard so far: payloads in order.
    package func withPayloads(
        on channel: String,
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Guarded<[String]>) async throws -> Void
    ) async throws {
        let heard = Guarded([String]())
        let listens = Guarded(false)
        let listener = Listener(configuration: try configuration(), channels: [channel], logger: Self.logger)
        let listening = Task { try await listener.run() }
        let collecting = Task {
            for await event in listener.events {
                switch event {
                case .listening: listens.withLock { $0 = true }
                case .notification(_, let payload): heard.withLock { $0.append(payload) }
                case .lost: break
                }
            }
        }
        let result: Result<Void, any Error>
        do {
            try await waitUntil("somebody listens") { listens.withLock { $0 } }
            result = .success(try await body(heard))
        } catch {
            result = .failure(error)
        }
        listening.cancel()
        try await listening.value
        await collecting.value
        try result.get()
    }

    /// The sessions that clients have on it, by application name.
    package func sessions() async throws -> [String] {
        let rows = try await cluster.administrator.execute(
            Statement(
                """
                SELECT application_name FROM pg_stat_activity
                WHERE datname = $1 AND backend_type = 'client backend' ORDER BY application_name
                """
            ),
            [.text(name)]
        )
        return try rows.map { try $0.decode(String.self, "application_name") }
    }

    /// Runs `body` with this database as ``current``; then looks for leaked connections and drops it.
    package func use(_ body: @Sendable () async throws -> Void) async throws {
        let result: Result<Void, any Error>
        do {
            result = .success(try await Self.$bound.withValue(self, operation: body))
        } catch {
            result = .failure(error)
        }
        await reportLeaks()
        try await cluster.drop(self)
        try result.get()
    }

    private func reportLeaks() async {
        do {
            try await waitUntil(timeout: .seconds(5), "no session is left") { try await sessions().isEmpty }
        } catch {
            let left = (try? await sessions()) ?? []
            Issue.record("The test left connections open to its database, by application: \(left) (\(error))")
        }
    }
}

/// Gives each test, or each test of a suite, a database of its own; see ``TestDatabase/current``.
package struct DatabaseTrait: SuiteTrait, TestTrait, TestScoping {
    /// Whether a suite hands it on to its tests: it does.
    package let isRecursive = true

    private static let turnstile = Turnstile(width: 6)

    private let make: @Sendable (PostgresCluster) async throws -> TestDatabase

    /// Makes a trait whose databases come from `make`.
    package init(_ make: @escaping @Sendable (PostgresCluster) async throws -> TestDatabase) {
        self.make = make
    }

    /// Makes the database, runs the test, fails it when it leaks connections, and drops the database.
    package func provideScope(
        for test: Test,
        testCase: Test.Case?,
        performing function: @Sendable () async throws -> Void
    ) async throws {
        await Self.turnstile.enter()
        defer { Self.turnstile.leave() }
        try await make(try await PostgresCluster.shared).use(function)
    }
}

extension Trait where Self == DatabaseTrait {
    /// A fresh, empty database for each test.
    package static var emptyDatabase: DatabaseTrait {
        DatabaseTrait { try await $0.createDatabase() }
    }
}
