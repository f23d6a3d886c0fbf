import Foundation
import Postgres
import TestSupport
import Testing

@Suite("A listener whose server fails it", .emptyDatabase)
struct ListenerDeathTests {
    @Test("finds out that its connection died without a word, and listens on another")
    func silentDeath() async throws {
        let database = TestDatabase.current
        let patience = Listener.Patience(silence: .milliseconds(100), answer: .seconds(2))
        try await Self.withListener(database, patience) { _, heard in
            try await waitUntil("it listens") { heard.withLock { $0 } == [.listening] }
            let backend = try #require(try await database.listeningBackends().first)
            // Its socket stays open and says nothing, as with a host that is gone.
            #expect(kill(backend, SIGSTOP) == 0)
            defer { kill(backend, SIGCONT) }
            try await waitUntil("it listens again") {
                heard.withLock { $0.starts(with: [.listening, .lost, .listening]) }
            }
            try await notify(database, "wake", "again")
            let again = Listener.Event.notification(channel: "wake", payload: "again")
            try await waitUntil("it hears") { heard.withLock { $0.contains(again) } }
        }
    }

    @Test("knows a server from a pooler")
    func noPooler() async throws {
        try await Self.withListener(.current, Listener.Patience()) { listener, heard in
            try await waitUntil("it listens") { heard.withLock { $0 } == [.listening] }
            #expect(!listener.isBehindPooler)
        }
    }

    private static func withListener(
        _ database: TestDatabase,
        _ patience: Listener.Patience,
        _ body: (Listener, Guarded<[Listener.Event]>) async throws -> Void
    ) async throws {
        let heard = Guarded([Listener.Event]())
        let listener = Listener(
            configuration: try database.configuration(applicationName: "listener"),
            channels: ["wake"],
            logger: TestDatabase.logger,
            patience: patience,
            deliver: { event in
                heard.withLock { $0.append(event) }
                return true
            }
        )
        let running = Task { try await listener.run() }
        defer { running.cancel() }
        try await body(listener, heard)
        running.cancel()
        try await running.value
    }
}

@Suite("A listener on a standby")
struct ListenerStandbyTests {
    @Test("does not listen, and does when it is promoted")
    func promotion() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await cluster.createDatabase()
        try Data().write(to: cluster.folder.appending(path: "data/standby.signal"))
        try await cluster.restart()
        let before = try await database.sessionsMade()
        let heard = Guarded([Listener.Event]())
        let listener = Listener(
            configuration: try database.configuration(),
            channels: ["wake"],
            logger: TestDatabase.logger,
            deliver: { event in
                heard.withLock { $0.append(event) }
                return true
            }
        )
        let running = Task { try await listener.run() }
        defer { running.cancel() }
        try await waitUntil("it has tried several times") { try await database.sessionsMade() >= before + 3 }
        #expect(heard.withLock { $0 }.isEmpty)
        try await cluster.administrator.execute(Statement("SELECT pg_promote()"))
        try await waitUntil("it listens") { heard.withLock { $0 } == [.listening] }
        try await notify(database, "wake", "now")
        try await waitUntil("it hears") {
            heard.withLock { $0 } == [.listening, .notification(channel: "wake", payload: "now")]
        }
        running.cancel()
        try await running.value
    }
}

extension TestDatabase {
    /// The processes of the sessions that listen.
    fileprivate func listeningBackends() async throws -> [pid_t] {
        let rows = try await cluster.administrator.execute(
            Statement("SELECT pid FROM pg_stat_activity WHERE datname = $1 AND application_name = 'listener'"),
            [.text(name)]
        )
        return try rows.map { try $0.decode(Int32.self, "pid") }
    }

    /// How many sessions this database has had.
    fileprivate func sessionsMade() async throws -> Int {
        let rows = try await cluster.administrator.execute(
            Statement("SELECT sessions FROM pg_stat_database WHERE datname = $1"),
            [.text(name)]
        )
        return try #require(try rows.first?.decode(Int.self, "sessions"))
    }
}
