import Foundation
import Postgres
import TestSupport
import Testing

@Suite("A restart of the server")
struct ServerRestartTests {
    private static let question = Statement("SELECT 1")

    @Test("is not seen by statements that were not sent", arguments: [PostgresCluster.StopMode.fast, .immediate])
    func restart(_ mode: PostgresCluster.StopMode) async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await cluster.createDatabase()
        try await database.withPool(maximumConnections: 3) { pool in
            for _ in 0..<3 { try await pool.execute(Self.question) }
            try await cluster.restart(mode: mode)
            for _ in 0..<10 { try await pool.execute(Self.question) }
            try await cluster.stop(mode: mode)
            // Asked while there is no server: it waits for one.
            async let waiting = pool.execute(Self.question)
            try await cluster.start()
            let count = try await waiting.count
            #expect(count == 1)
        }
    }

    @Test("leaves the outcome of a running statement unknown, also when the server crashes")
    func crash() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await cluster.createDatabase()
        let statement = Statement("SELECT pg_sleep(30)")
        try await database.withPool { pool in
            let task = Task { try await pool.execute(statement) }
            try await waitUntil("the statement runs") { try await database.isRunning(statement) }
            try await cluster.restart(mode: .immediate)
            let failure = await task.result.failure as? PostgresError
            #expect(failure?.code == .outcomeUnknown && failure?.retry == .outcomeUnknown)
            let count = try await pool.execute(Self.question).count
            #expect(count == 1)
        }
    }

    @Test("makes a listener listen again")
    func listener() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await cluster.createDatabase()
        try await withListener(database, ["wake"]) { events in
            #expect(await events.next() == .listening)
            try await cluster.restart()
            #expect(await events.next() == .lost)
            #expect(await events.next() == .listening)
            try await notify(database, "wake", "again")
            #expect(await events.next() == .notification(channel: "wake", payload: "again"))
        }
    }
}

@Suite("A cluster")
struct ClusterTests {
    @Test("goes away with its last reference")
    func removal() async throws {
        var cluster: PostgresCluster? = try await PostgresCluster.start()
        let folder = try #require(cluster?.folder)
        let isThere = try folder.checkResourceIsReachable()
        #expect(isThere)
        cluster = nil
        try await waitUntil("the folder is removed") { (try? folder.checkResourceIsReachable()) != true }
    }

    @Test("reports a connection that a test leaves open")
    func leaks() async throws {
        let database = try await PostgresCluster.shared.createDatabase()
        let configuration = try database.configuration(applicationName: "leak")
        let connection = try await Connection.connect(configuration, logger: TestDatabase.logger)
        let reports = Guarded(0)
        let trait = IssueHandlingTrait.compactMapIssues { issue in
            guard issue.comments.contains(where: { $0.rawValue.contains("leak") }) else { return issue }
            reports.withLock { $0 += 1 }
            return nil
        }
        let test = try #require(Test.current)
        try await trait.provideScope(for: test, testCase: Test.Case.current) { try await database.use {} }
        #expect(reports.withLock { $0 } == 1)
        await connection.close()
    }
}
