import Foundation
import Postgres
import TestSupport
import Testing

@Suite("A TCP proxy", .emptyDatabase)
struct TCPProxyTests {
    private static let insert = Statement("INSERT INTO t VALUES ($1)")

    @Test("carries what is asked and what is said, however long, and keeps each piece for as long as it was told")
    func carries() async throws {
        let proxy = try Self.proxy()
        try await Self.through(proxy) { connection in
            let text = String(repeating: "x", count: 300_000)
            let rows = try await connection.execute(Statement("SELECT $1::text AS value"), [.text(text)])
            #expect(try rows.first?.decode(String.self, "value") == text)
            let began = ContinuousClock.now
            proxy.setDelay(.milliseconds(30))
            try await connection.execute(Statement("SELECT 1"))
            #expect(began.duration(to: .now) >= .milliseconds(60))
        }
        #expect(proxy.counts.opened == 1)
    }

    @Test("loses the second half of a piece that it cuts, and what follows", arguments: TCPProxy.Direction.allCases)
    func cuts(direction: TCPProxy.Direction) async throws {
        let proxy = try Self.proxy()
        try await Self.through(proxy) { connection in
            try await connection.runScript("CREATE TABLE t (name text)")
            try await connection.execute(Self.insert, [.text("before")])
            proxy.cutNext(1, direction)
            let error = await Self.error { try await connection.execute(Self.insert, [.text("cut")]) }
            #expect(error?.code == .outcomeUnknown)
        }
        #expect(proxy.counts.cut == 1)
        // An answer is cut when the server has done what was asked; a question when it has not even heard it.
        let expected = direction == .answer ? 2 : 1
        try await TestDatabase.current.withConnection { connection in
            let count = try await connection.execute(Statement("SELECT FROM t")).count
            #expect(count == expected)
        }
        // It was told of one.
        try await Self.through(proxy) { try await $0.execute(Self.insert, [.text("after")]) }
    }

    @Test("ends all connections or one, and leads the next ones on")
    func drops() async throws {
        let proxy = try Self.proxy()
        let first = try await Self.connect(proxy)
        let second = try await Self.connect(proxy)
        proxy.dropOne(1)
        #expect(await Self.error { try await second.execute(Statement("SELECT 1")) } != nil)
        #expect(await Self.error { try await first.execute(Statement("SELECT 1")) } == nil)
        proxy.dropAll()
        #expect(await Self.error { try await first.execute(Statement("SELECT 1")) } != nil)
        await first.close()
        await second.close()
        try await Self.through(proxy) { try await $0.execute(Statement("SELECT 1")) }
        #expect(proxy.counts.dropped >= 2 && proxy.counts.opened == 3)
    }

    @Test("refuses new connections and leaves those it has, until it heals")
    func refuses() async throws {
        let proxy = try Self.proxy()
        try await Self.through(proxy) { connection in
            proxy.setRefusing(true)
            let error = await Self.error { try await Self.connect(proxy).close() }
            #expect(error?.code == .connectionFailed && proxy.counts.refused >= 1)
            try await connection.execute(Statement("SELECT 1"))
            proxy.heal()
            try await Self.through(proxy) { try await $0.execute(Statement("SELECT 1")) }
        }
    }

    private static func proxy() throws -> TCPProxy {
        try TCPProxy(to: TestDatabase.current.cluster.folder.appending(path: ".s.PGSQL.5432"))
    }

    private static func connect(_ proxy: TCPProxy) async throws -> Connection {
        let name = TestDatabase.current.name
        let address = "postgresql://postgres@127.0.0.1:\(proxy.port)/\(name)?sslmode=disable&gssencmode=disable"
        let configuration = try PostgresConfiguration(connectionString: address, applicationName: "test")
        return try await Connection.connect(configuration, logger: TestDatabase.logger)
    }

    private static func through(_ proxy: TCPProxy, _ body: (Connection) async throws -> Void) async throws {
        let connection = try await connect(proxy)
        let failure: (any Error)?
        do {
            try await body(connection)
            failure = nil
        } catch {
            failure = error
        }
        await connection.close()
        if let failure { throw failure }
    }

    private static func error(_ body: () async throws -> Void) async -> PostgresError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? PostgresError
        }
    }
}
