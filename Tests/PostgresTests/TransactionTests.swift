import Postgres
import TestSupport
import Testing

@Suite("A transaction", .emptyDatabase)
struct TransactionTests {
    private struct OnPurpose: Error {}

    private static let insert = Statement("INSERT INTO t VALUES ($1)")

    private func withTable(_ body: (ConnectionPool) async throws -> Void) async throws {
        try await TestDatabase.current.withPool(maximumConnections: 1) { pool in
            try await pool.execute(Statement("CREATE TABLE t (n int PRIMARY KEY)"))
            try await body(pool)
        }
    }

    private func expectCount(
        _ expected: Int,
        _ pool: ConnectionPool,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        let count = try await pool.execute(Statement("SELECT count(*) AS n FROM t"))[0].decode(Int.self, "n")
        #expect(count == expected, sourceLocation: location)
    }

    @Test("commits when its body returns, and gives the body's value")
    func commits() async throws {
        try await withTable { pool in
            let value = try await pool.withConnection { connection in
                try await connection.transaction { connection in
                    try await connection.execute(Self.insert, [.integer(1)])
                    return "done"
                }
            }
            #expect(value == "done")
            try await expectCount(1, pool)
        }
    }

    @Test("rolls back when its body throws, and the connection works on")
    func rollsBack() async throws {
        try await withTable { pool in
            await #expect(throws: OnPurpose.self) {
                try await pool.withConnection { connection in
                    try await connection.transaction { connection in
                        try await connection.execute(Self.insert, [.integer(1)])
                        throw OnPurpose()
                    }
                }
            }
            try await expectCount(0, pool)
        }
    }

    @Test("does not pass for committed when its body swallowed an error")
    func swallowedError() async throws {
        try await withTable { pool in
            let error = try await #require(throws: PostgresError.self) {
                try await pool.withConnection { connection in
                    try await connection.transaction { connection in
                        try await connection.execute(Self.insert, [.integer(1)])
                        await #expect(throws: PostgresError.self) {
                            try await connection.execute(Self.insert, [.integer(1)])
                        }
                    }
                }
            }
            #expect(error.code == .server && error.sqlState == "25P02")
            try await expectCount(0, pool)
        }
    }

    @Test("rolls back in a cancelled task")
    func cancelled() async throws {
        try await withTable { pool in
            let task = Task {
                try await pool.withConnection { connection in
                    try await connection.transaction { connection in
                        try await connection.execute(Self.insert, [.integer(1)])
                        withUnsafeCurrentTask { $0?.cancel() }
                        try Task.checkCancellation()
                    }
                }
            }
            await #expect(throws: CancellationError.self) { try await task.value }
            try await expectCount(0, pool)
        }
    }

    @Test("does not outlive its lease: a connection that comes back inside one is closed")
    func leftOpen() async throws {
        try await withTable { pool in
            try await pool.withConnection { connection in
                try await connection.execute(Statement("BEGIN"))
                try await connection.execute(Self.insert, [.integer(1)])
            }
            try await expectCount(0, pool)
        }
    }
}
