import Postgres
import TestSupport
import Testing

@Suite("A connection", .emptyDatabase)
struct ConnectionTests {
    @Test("hands on PostgreSQL's SQLSTATE, without the detail that repeats values, and works on")
    func serverErrors() async throws {
        try await TestDatabase.current.withConnection { connection in
            try await connection.execute(Statement("CREATE TABLE t (name text PRIMARY KEY)"))
            let insert = Statement("INSERT INTO t VALUES ($1)")
            try await connection.execute(insert, [.text("hidden value")])
            let error = try await #require(throws: PostgresError.self) {
                try await connection.execute(insert, [.text("hidden value")])
            }
            #expect(error.code == .server && error.sqlState == "23505" && error.retry == .never)
            #expect(error.message.contains("t_pkey") && !"\(error)".contains("hidden value"))
            #expect(try await connection.execute(Statement("SELECT 1")).count == 1)
        }
    }

    @Test("says that a transient error can be retried", arguments: ["40001", "40P01", "55P03", "57014"])
    func transientErrors(_ sqlState: String) async throws {
        try await TestDatabase.current.withConnection { connection in
            try await connection.runScript(
                """
                CREATE FUNCTION fail(state text) RETURNS void LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = state; END $$
                """
            )
            let error = try await #require(throws: PostgresError.self) {
                try await connection.execute(Statement("SELECT fail($1)"), [.text(sqlState)])
            }
            #expect(error.sqlState == sqlState && error.retry == .safe)
        }
    }

    @Test("distrusts a success that comes with a warning of class 57")
    func cancelledReplicationWait() async throws {
        try await TestDatabase.current.withConnection { connection in
            try await connection.runScript("DO $$ BEGIN RAISE WARNING 'harmless' USING ERRCODE = '01000'; END $$")
            let error = try await #require(throws: PostgresError.self) {
                try await connection.execute(
                    Statement("DO $$ BEGIN RAISE WARNING 'as if cancelled' USING ERRCODE = '57014'; END $$")
                )
            }
            #expect(error.code == .outcomeUnknown && error.retry == .outcomeUnknown && error.sqlState == "57014")
        }
    }

    @Test("reports an error that comes only with the commit, after the rows")
    func deferredErrors() async throws {
        try await TestDatabase.current.withConnection { connection in
            try await connection.runScript(
                """
                CREATE TABLE parent (id int PRIMARY KEY);
                CREATE TABLE child (id int REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
                """
            )
            let error = await #expect(throws: PostgresError.self) {
                try await connection.execute(Statement("INSERT INTO child VALUES (1) RETURNING id"))
            }
            #expect(error?.sqlState == "23503")
        }
    }

    @Test("is closed by a statement's deadline, with the outcome unknown; without one it waits")
    func timeout() async throws {
        try await TestDatabase.current.withConnection { connection in
            try await connection.execute(Statement("SELECT pg_sleep(0.05)"))
            let start = ContinuousClock.now
            let error = try await #require(throws: PostgresError.self) {
                try await connection.execute(Statement("SELECT pg_sleep(3)"), timeout: .milliseconds(100))
            }
            #expect(ContinuousClock.now - start < .seconds(2))
            #expect(error.code == .timeout && error.retry == .outcomeUnknown)
            let next = await #expect(throws: PostgresError.self) {
                try await connection.execute(Statement("SELECT 1"))
            }
            #expect(next?.code == .connectionLost && next?.retry == .safe)
        }
    }

    @Test("does not send a statement whose deadline passed before its turn came")
    func timeoutInQueue() async throws {
        try await TestDatabase.current.withConnection { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.execute(Statement("SELECT 1"), timeout: .zero)
            }
            #expect(error?.code == .timeout && error?.retry == .safe)
            let count = try await connection.execute(Statement("SELECT 1")).count
            #expect(count == 1)
        }
    }

    @Test("says that the outcome is unknown when its session is ended in mid-statement")
    func terminated() async throws {
        let statement = Statement("SELECT pg_sleep(30)")
        try await TestDatabase.current.withConnection { connection in
            async let outcome = Result { () async throws(PostgresError) in
                try await connection.execute(statement)
            }
            try await TestDatabase.current.endSession(running: statement)
            let error = try #require(await outcome.failure)
            #expect(error.code == .outcomeUnknown && error.retry == .outcomeUnknown && error.sqlState == "57P01")
        }
    }

    @Test("sends a statement that is larger than the socket's buffer")
    func largeStatement() async throws {
        try await TestDatabase.current.withConnection { connection in
            let text = String(repeating: "ü", count: 8_000_000)
            let row = try await connection.execute(
                Statement("SELECT $1 AS value"),
                [.text(text)],
                timeout: .seconds(30)
            )[0]
            #expect(try row.decode(String.self, "value") == text)
        }
    }

    @Test("prepares a statement once, or never when told so", arguments: [true, false])
    func preparing(_ usesPreparedStatements: Bool) async throws {
        try await TestDatabase.current.withConnection(usesPreparedStatements: usesPreparedStatements) { connection in
            for number in Int64(0)..<3 { try await connection.execute(Statement("SELECT $1 + 1"), [.bigint(number)]) }
            let row = try await connection.execute(
                Statement("SELECT count(*) AS prepared FROM pg_prepared_statements WHERE statement LIKE '%$1 + 1%'")
            )[0]
            // The question about prepared statements is a prepared one and holds the same text.
            #expect(try row.decode(Int.self, "prepared") == (usesPreparedStatements ? 2 : 0))
        }
    }

    @Test("prepares a statement again when the schema changed under it")
    func stalePlan() async throws {
        try await TestDatabase.current.withConnection { connection in
            try await connection.runScript("CREATE TABLE t (a int); INSERT INTO t VALUES (1)")
            let statement = Statement("SELECT * FROM t")
            #expect(try await connection.execute(statement)[0].decode(Int.self, "a") == 1)
            try await connection.runScript("ALTER TABLE t ADD b int DEFAULT 2")
            #expect(try await connection.execute(statement)[0].decode(Int.self, "b") == 2)
        }
    }

    @Test("refuses COPY, and statements after it was closed")
    func refusals() async throws {
        try await TestDatabase.current.withConnection { connection in
            let copy = await #expect(throws: PostgresError.self) {
                try await connection.runScript("COPY (SELECT 1) TO STDOUT")
            }
            #expect(copy?.retry == .never)
            await connection.close()
            await connection.close()
            let closed = await #expect(throws: PostgresError.self) {
                try await connection.execute(Statement("SELECT 1"))
            }
            #expect(closed?.code == .closed && closed?.retry == .safe)
        }
    }

    @Test("closes itself when it is dropped")
    func dropped() async throws {
        let configuration = try TestDatabase.current.configuration(applicationName: "dropped")
        var connection: Connection? = try await Connection.connect(configuration, logger: TestDatabase.logger)
        #expect(try await connection?.execute(Statement("SELECT 1")).count == 1)
        #expect(try await TestDatabase.current.sessions() == ["dropped"])
        connection = nil
        try await waitUntil("the session is gone") { try await TestDatabase.current.sessions().isEmpty }
    }

    @Test("runs a script's statements in one transaction")
    func scripts() async throws {
        try await TestDatabase.current.withConnection { connection in
            let error = await #expect(throws: PostgresError.self) {
                try await connection.runScript("CREATE TABLE kept (n int); SELECT 1 / 0; CREATE TABLE other (n int)")
            }
            #expect(error?.sqlState == "22012")
            let row = try await connection.execute(Statement("SELECT to_regclass('kept') IS NULL AS absent"))[0]
            #expect(try row.decode(Bool.self, "absent"))
        }
    }
}
