package import Logging

/// One session with PostgreSQL, with a thread of its own.
///
/// Statements run one after another in the order in which they were submitted. A connection that failed stays failed;
/// use ``ConnectionPool`` to have it replaced. A connection that is dropped without ``close()`` closes itself.
package final class Connection: Sendable {
    private let thread: SessionThread
    private let reusable = Guarded(false)

    private init(logger: Logger) {
        thread = SessionThread(name: "postgres", logger: logger)
    }

    deinit {
        thread.stop()
    }

    /// Connects.
    /// - Throws: ``PostgresError`` `.connectionFailed`, after at most the configured timeout for each host.
    ///
    /// Cancellation: not observed.
    package static func connect(
        _ configuration: PostgresConfiguration,
        logger: Logger
    ) async throws(PostgresError) -> Connection {
        let preparation = Preparation(isUseful: configuration.usesPreparedStatements)
        return try await connect(configuration, preparation: preparation, logger: logger)
    }

    /// Connects as one of several that share what they learn about prepared statements.
    static func connect(
        _ configuration: PostgresConfiguration,
        preparation: Preparation,
        logger: Logger
    ) async throws(PostgresError) -> Connection {
        let connection = Connection(logger: logger)
        try await connection.perform { (session) throws(PostgresError) in
            try session.connect(configuration, preparation: preparation)
        }
        return connection
    }

    /// Runs one statement; outside ``transaction(isolation:_:)`` it commits by itself.
    ///
    /// - Parameters:
    ///   - statement: the SQL.
    ///   - values: its parameters, `$1` first; at most 65535.
    ///   - timeout: from now until the answer; nil waits for ever. When it passes, the connection is closed, and the
    ///     statement may have committed; when it passed before the statement's turn came, it is not sent.
    /// - Throws: ``PostgresError``; see its table.
    ///
    /// Cancellation: not observed. A statement that was submitted is awaited.
    @discardableResult
    package func execute(
        _ statement: Statement,
        _ values: [PostgresValue] = [],
        timeout: Duration? = nil
    ) async throws(PostgresError) -> Rows {
        let deadline = Deadline(after: timeout)
        return try await perform { (session) throws(PostgresError) in
            try session.execute(statement, values, until: deadline)
        }
    }

    /// Runs a text of one or more statements without parameters: a migration, never anything that holds a value.
    ///
    /// The statements are one transaction unless the text begins and ends its own.
    /// - Throws: as ``execute(_:_:timeout:)``.
    package func runScript(_ sql: String, timeout: Duration? = nil) async throws(PostgresError) {
        let deadline = Deadline(after: timeout)
        try await perform { (session) throws(PostgresError) in
            try session.runScript(sql, until: deadline)
        }
    }

    /// Closes the connection, after the statements that were submitted before. It may be called twice.
    package func close() async {
        await withCheckedContinuation { continuation in
            let accepted = thread.submit { [reusable] session in
                session.close()
                reusable.withLock { $0 = false }
                continuation.resume()
            }
            if !accepted { continuation.resume() }
            thread.stop()
        }
    }

    /// Starts to close the connection and does not wait for it.
    func discard() {
        thread.stop()
    }

    /// Whether, after its last statement, the connection is open and in no transaction.
    var isReusable: Bool {
        reusable.withLock { $0 }
    }

    /// Whether the server still holds the session, as far as can be told without asking it. If not, it is closed.
    func isFresh() async -> Bool {
        do throws(PostgresError) {
            return try await perform { session in session.isFresh() }
        } catch {
            return false
        }
    }

    /// Runs `job` on the connection's thread.
    private func perform<Value: Sendable>(
        _ job: @escaping @Sendable (Session) throws(PostgresError) -> Value
    ) async throws(PostgresError) -> Value {
        let result = await withCheckedContinuation { continuation in
            let accepted = thread.submit { [reusable] session in
                let result = Result { () throws(PostgresError) in try job(session) }
                reusable.withLock { $0 = session.isReusable }
                continuation.resume(returning: result)
            }
            if !accepted {
                let error = PostgresError(.closed, "The connection is closed.", retry: .safe)
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }
}
