import Postgres
import TestSupport
import Testing

@Suite("A connection pool", .emptyDatabase)
struct ConnectionPoolTests {
    private static let question = Statement("SELECT 1")

    /// A pool of one connection that is lent out while `body` runs.
    private func withExhaustedPool(
        maximumWaiters: Int = 8,
        acquireTimeout: Duration = .seconds(30),
        _ body: (ConnectionPool) async throws -> Void
    ) async throws {
        let pool = ConnectionPool(
            configuration: try TestDatabase.current.configuration(),
            maximumConnections: 1,
            maximumWaiters: maximumWaiters,
            acquireTimeout: acquireTimeout,
            logger: TestDatabase.logger
        )
        try await pool.withConnection { _ in try await body(pool) }
        #expect(try await pool.execute(Self.question).count == 1)
        await pool.shutdown()
    }

    @Test("serves 200 callers at once on 4 connections")
    func manyCallers() async throws {
        try await TestDatabase.current.withPool(maximumConnections: 4) { pool in
            try await pool.execute(Statement("CREATE TABLE t (n bigint)"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in Int64(0)..<200 {
                    group.addTask {
                        for _ in 0..<5 {
                            try await pool.execute(Statement("INSERT INTO t VALUES ($1)"), [.bigint(caller)])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let row = try await pool.execute(Statement("SELECT count(*) AS rows, sum(n)::bigint AS sum FROM t"))[0]
            let (rows, sum) = (try row.decode(Int.self, "rows"), try row.decode(Int.self, "sum"))
            #expect(rows == 1000 && sum == 5 * 199 * 100)
            let sessions = try await TestDatabase.current.sessions().count
            #expect(sessions == 4)
        }
    }

    @Test("fails a caller that waited too long")
    func acquireTimeout() async throws {
        try await withExhaustedPool(acquireTimeout: .seconds(1)) { pool in
            let error = try await #require(throws: PostgresError.self) { try await pool.execute(Self.question) }
            #expect(error.code == .poolExhausted && error.retry == .safe)
        }
    }

    @Test("refuses a caller that finds the line full, and lets a cancelled one leave it at once")
    func cancellation() async throws {
        try await withExhaustedPool(maximumWaiters: 1) { pool in
            let (codes, report) = AsyncStream.makeStream(of: PostgresError.Code?.self)
            // The line has one place: when one of them is refused, the other stands in it.
            let callers = (0..<2).map { _ in
                Task {
                    let result = await Result { try await pool.execute(Self.question) }
                    report.yield((result.failure as? PostgresError)?.code)
                }
            }
            var ends = codes.makeAsyncIterator()
            let refused = await ends.next()
            callers.forEach { $0.cancel() }
            let cancelled = await ends.next()
            #expect(refused == .poolExhausted && cancelled == .cancelled)
        }
    }

    @Test("refuses a caller that is cancelled already")
    func cancelledBefore() async throws {
        try await TestDatabase.current.withPool { pool in
            let caller = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                try await pool.execute(Self.question)
            }
            let failure = await caller.result.failure as? PostgresError
            #expect(failure?.code == .cancelled)
        }
    }

    @Test("awaits a statement that was sent, whatever becomes of its task")
    func cancellationOfSent() async throws {
        let database = TestDatabase.current
        try await database.withPool { pool in
            var task: Task<Rows, any Error>?
            try await database.withLockHeld {
                task = Task { try await pool.execute(TestDatabase.waiting) }
                try await waitUntil("the statement runs") { try await database.isRunning(TestDatabase.waiting) }
                task?.cancel()
            }
            let count = try await task?.value.count
            #expect(count == 1)
        }
    }

    @Test("replaces a connection that a deadline closed")
    func timeout() async throws {
        try await TestDatabase.current.withPool(maximumConnections: 1) { pool in
            let error = await #expect(throws: PostgresError.self) {
                try await pool.execute(Statement("SELECT pg_sleep(2)"), timeout: .milliseconds(50))
            }
            #expect(error?.code == .timeout)
            let count = try await pool.execute(Self.question).count
            #expect(count == 1)
        }
    }

    @Test("finds dead idle connections before a statement is sent on them")
    func deadIdleConnections() async throws {
        try await TestDatabase.current.withPool(maximumConnections: 3) { pool in
            for _ in 0..<10 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<3 { group.addTask { try await pool.execute(Statement("SELECT pg_sleep(0.01)")) } }
                    try await group.waitForAll()
                }
                try await TestDatabase.current.endAllSessions()
                try await pool.execute(Self.question)
                try await TestDatabase.current.endAllSessions()
                try await pool.withConnection { connection in
                    _ = try await connection.execute(Self.question)
                }
            }
        }
    }

    @Test("does not hand on a connection that its borrower closed")
    func closedByBorrower() async throws {
        try await TestDatabase.current.withPool(maximumConnections: 1) { pool in
            try await pool.withConnection { await $0.close() }
            let count = try await pool.execute(Self.question).count
            #expect(count == 1)
        }
    }

    @Test("says that the outcome is unknown when its session is ended in mid-statement, and does not repeat it")
    func terminated() async throws {
        let statement = Statement("SELECT pg_sleep(30)")
        try await TestDatabase.current.withPool { pool in
            let task = Task { try await pool.execute(statement) }
            try await TestDatabase.current.endSession(running: statement)
            let failure = await task.result.failure as? PostgresError
            #expect(failure?.code == .outcomeUnknown && failure?.retry == .outcomeUnknown)
        }
    }

    @Test("waits at shutdown for what is lent, refuses the new, and leaves no connection")
    func shutdown() async throws {
        let pool = ConnectionPool(configuration: try TestDatabase.current.configuration(), logger: TestDatabase.logger)
        let database = TestDatabase.current
        var closing: Task<Void, Never>?
        var lent: Task<Int, any Error>?
        try await database.withLockHeld {
            lent = Task { try await pool.execute(TestDatabase.waiting).count }
            try await waitUntil("the statement runs") { try await database.isRunning(TestDatabase.waiting) }
            closing = Task { await pool.shutdown() }
            try await waitUntil("the pool refuses the new") {
                let result = await Result { try await pool.execute(Self.question) }
                return (result.failure as? PostgresError)?.code == .closed
            }
            #expect(try await database.isRunning(TestDatabase.waiting))
        }
        await closing?.value
        #expect(try await lent?.value == 1)
        try await waitUntil("no session is left") { try await TestDatabase.current.sessions().isEmpty }
    }

    @Test("ends when the task that runs it is cancelled")
    func cancelledRun() async throws {
        let pool = ConnectionPool(configuration: try TestDatabase.current.configuration(), logger: TestDatabase.logger)
        let running = Task { try await pool.run() }
        try await pool.execute(Self.question)
        running.cancel()
        try await running.value
        try await waitUntil("no session is left") { try await TestDatabase.current.sessions().isEmpty }
    }

    @Test("fails with the cause when the database cannot be reached")
    func unreachable() async throws {
        let configuration = try PostgresConfiguration(
            connectionString: "host=/nonexistent password=hidden",
            applicationName: "test"
        )
        let pool = ConnectionPool(
            configuration: configuration,
            acquireTimeout: .milliseconds(300),
            logger: TestDatabase.logger
        )
        let error = try await #require(throws: PostgresError.self) { try await pool.execute(Self.question) }
        #expect(error.code == .connectionFailed && error.retry == .safe)
        let cause = error.cause as? PostgresError
        #expect(cause?.message.contains("/nonexistent") == true && cause?.message.contains("hidden") == false)
        await pool.shutdown()
    }
}
