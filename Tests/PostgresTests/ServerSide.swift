import Postgres
import TestSupport

/// What the server knows of its sessions, and what can be done to them there.
extension TestDatabase {
    /// Whether a session on this database is in the middle of the statement: it sleeps or waits for a lock there. (It
    /// is active with the same text while it only prepares it.)
    func isRunning(_ statement: Statement) async throws -> Bool {
        try await !ask(
            Statement(
                """
                SELECT pid FROM pg_stat_activity
                WHERE datname = $1 AND query = $2 AND wait_event_type IN ('Timeout', 'Lock')
                """
            ),
            [.text(name), .text(statement.sql)]
        ).isEmpty
    }

    /// Waits until a session is in the middle of the statement, and ends that session.
    func endSession(running statement: Statement) async throws {
        try await waitUntil("a session runs \(statement.sql)") { try await isRunning(statement) }
        _ = try await ask(
            Statement("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND query = $2"),
            [.text(name), .text(statement.sql)]
        )
    }

    /// Ends all sessions on this database, and waits until they are gone.
    func endAllSessions() async throws {
        _ = try await ask(
            Statement("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1"),
            [.text(name)]
        )
    }

    private func ask(_ statement: Statement, _ values: [PostgresValue]) async throws -> Rows {
        try await cluster.administrator.execute(statement, values)
    }

    /// Runs `body` while a lock is held here that ``waiting`` waits for: a statement that runs for as long as a test
    /// likes.
    func withLockHeld(_ body: () async throws -> Void) async throws {
        try await withConnection { connection in
            try await connection.execute(Statement("SELECT pg_advisory_lock(1)"), timeout: .seconds(10))
            try await body()
        }
    }

    /// Gives one row when nobody holds the lock any more.
    static let waiting = Statement("SELECT pg_advisory_xact_lock_shared(1)")
}

extension Result {
    /// Catches what an asynchronous `body` throws.
    init(catching body: () async throws(Failure) -> Success) async {
        do throws(Failure) {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }

    var failure: Failure? {
        guard case .failure(let failure) = self else { return nil }
        return failure
    }
}
