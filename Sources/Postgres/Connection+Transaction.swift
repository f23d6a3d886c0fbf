extension Connection {
    /// How long BEGIN, COMMIT and ROLLBACK may take, each.
    private static let controlTimeout = Duration.seconds(10)

    /// Runs `body` in a transaction: commits when it returns, rolls back when it throws.
    ///
    /// The connection must be this caller's alone, as it is inside ``ConnectionPool/withConnection(isolation:_:)``, and
    /// in no transaction. The default isolation level is the server's.
    /// - Throws: what `body` throws, after the rollback; or a ``PostgresError``: `.outcomeUnknown` or `.timeout` when
    /// the
    ///   commit may or may not have happened; `.server` with SQLSTATE 25P02 when a statement had failed, so that there
    ///   was nothing left to commit.
    ///
    /// Cancellation: `body` sees it; commit and rollback are awaited.
    package func transaction<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Connection) async throws -> Value
    ) async throws -> Value {
        try await execute(Statement("BEGIN"), timeout: Self.controlTimeout)
        let value: Value
        do {
            value = try await body(self)
        } catch {
            await rollBack()
            throw error
        }
        let outcome = try await execute(Statement("COMMIT"), timeout: Self.controlTimeout)
        // PostgreSQL answers a COMMIT of a failed transaction with success and rolls it back.
        guard outcome.commandTag == "COMMIT" else {
            throw PostgresError(
                .server,
                "The transaction was rolled back, since a statement in it had failed.",
                sqlState: SQLState.inFailedTransaction,
                retry: .never
            )
        }
        return value
    }

    /// Rolls back. When that fails, closing the session does what it should have done.
    private func rollBack() async {
        do throws(PostgresError) {
            try await execute(Statement("ROLLBACK"), timeout: Self.controlTimeout)
        } catch {
            await close()
        }
    }
}
