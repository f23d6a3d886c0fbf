import Postgres
import TestSupport
import Testing

@Suite("Behind PgBouncer in transaction mode", .emptyDatabase)
struct PgBouncerTests {
    private static let tenMore = Statement("SELECT $1 + 10 AS value")
    private static let tenTimes = Statement("SELECT $1 * 10 AS value")
    private static let tenLess = Statement("SELECT $1 - 10 AS value")

    private static func expect(
        _ pool: ConnectionPool,
        _ statement: Statement,
        of number: Int32,
        is expected: Int32
    ) async throws {
        let rows = try await pool.execute(statement, [.integer(number)])
        let value = try rows.first?.decode(Int32.self, "value")
        #expect(value == expected)
    }

    /// Runs `body` with pools of one connection each, as of so many processes, on two connections to the server.
    private static func withPools(
        _ count: Int,
        reset: PgBouncer.Reset = .never,
        _ body: (PgBouncer, [ConnectionPool]) async throws -> Void
    ) async throws {
        try await PgBouncer.run(reset: reset) { bouncer in
            let configuration = try bouncer.configuration()
            let pools = (0..<count).map { _ in
                ConnectionPool(configuration: configuration, maximumConnections: 1, logger: TestDatabase.logger)
            }
            var failure: (any Error)?
            do {
                try await body(bouncer, pools)
            } catch {
                failure = error
            }
            for pool in pools { await pool.shutdown() }
            if let failure { throw failure }
        }
    }

    @Test(
        "many clients share few connections, and each gets its own answers",
        arguments: [
            PgBouncer.Reset.never, .always,
        ]
    )
    func shared(_ reset: PgBouncer.Reset) async throws {
        try await Self.withPools(8, reset: reset) { _, pools in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, pool) in pools.enumerated() {
                    group.addTask {
                        // Each begins with another, so that their prepared statements come in another order.
                        let statements = [Self.tenMore, Self.tenTimes, Self.tenLess]
                        let expected: [@Sendable (Int32) -> Int32] = [{ $0 + 10 }, { $0 * 10 }, { $0 - 10 }]
                        for number in 0..<50 {
                            let turn = (index + number) % 3
                            let value = expected[turn](Int32(number))
                            try await Self.expect(pool, statements[turn], of: Int32(number), is: value)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("a statement is never mistaken for one that another client prepared")
    func mistaken() async throws {
        try await Self.withPools(2) { bouncer, pools in
            let (one, two) = (try await ServerConnection.take(bouncer), try await ServerConnection.take(bouncer))
            try await one.whileFree { try await Self.expect(pools[0], Self.tenMore, of: 1, is: 11) }
            try await two.whileFree { try await Self.expect(pools[1], Self.tenTimes, of: 1, is: 10) }
            try await one.whileFree { try await Self.expect(pools[1], Self.tenTimes, of: 1, is: 10) }
            for taken in [one, two] { await taken.close() }
        }
    }

    @Test("a transaction is not broken by a prepared statement that stayed behind")
    func transaction() async throws {
        try await Self.withPools(1) { bouncer, pools in
            let (one, two) = (try await ServerConnection.take(bouncer), try await ServerConnection.take(bouncer))
            try await one.whileFree { try await Self.expect(pools[0], Self.tenMore, of: 1, is: 11) }
            try await two.whileFree {
                let value = try await pools[0].withConnection { connection in
                    try await connection.transaction { connection in
                        try await connection.execute(Self.tenMore, [.integer(1)]).first?.decode(Int32.self, "value")
                    }
                }
                #expect(value == 11)
            }
            for taken in [one, two] { await taken.close() }
        }
    }

    @Test("a listener knows that a pooler stands between")
    func listener() async throws {
        try await PgBouncer.run { bouncer in
            let listener = Listener(
                configuration: try bouncer.configuration(),
                channels: ["wake"],
                logger: TestDatabase.logger
            )
            let running = Task { try await listener.run() }
            for await event in listener.events where event == .listening { break }
            #expect(listener.isBehindPooler)
            running.cancel()
            try await running.value
        }
    }
}

/// A connection from PgBouncer to the server that a client keeps from others by being in a transaction.
private struct ServerConnection {
    private let client: Connection

    static func take(_ bouncer: PgBouncer) async throws -> ServerConnection {
        let taken = ServerConnection(
            client: try await Connection.connect(
                try bouncer.configuration(usesPreparedStatements: false),
                logger: TestDatabase.logger
            )
        )
        try await taken.take()
        return taken
    }

    /// Runs `body` while anybody may use it, and takes it back.
    func whileFree(_ body: () async throws -> Void) async throws {
        try await client.execute(Statement("COMMIT"))
        try await body()
        try await take()
    }

    func close() async {
        await client.close()
    }

    private func take() async throws {
        try await client.execute(Statement("BEGIN"))
        try await client.execute(Statement("SELECT 1"))
    }
}
