import Foundation
import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@testable import TaskQueue

/// A wake-up service at work, what it told, and what it would wake its worker with.
struct RunningWakeUps: Sendable {
    let told = Guarded([WakeUps.Mode]())
    let heard = Guarded([Listener.Event]())

    var isListening: Bool { told.withLock { $0.last } == .listening }

    /// Why it polls now.
    var reason: WakeUps.Reason? {
        if case .polling(let reason) = told.withLock({ $0.last }) { reason } else { nil }
    }

    /// Runs it on a configuration to listen with, beside a queue on the test's database.
    static func run(
        _ fixture: QueueFixture,
        listeningOn configuration: PostgresConfiguration,
        _ options: WakeUps.Options = .test(),
        _ body: (RunningWakeUps) async throws -> Void
    ) async throws {
        let running = RunningWakeUps()
        let wakeUps = WakeUps(
            queue: fixture.queue,
            configuration: configuration,
            options: options,
            logger: TestDatabase.logger,
            observe: { mode in running.told.withLock { $0.append(mode) } }
        )
        let services = ServiceGroup(configuration: .init(services: [wakeUps], logger: TestDatabase.logger))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await services.run() }
            group.addTask { for await event in wakeUps.events { running.heard.withLock { $0.append(event) } } }
            try await body(running)
            await services.triggerGracefulShutdown()
            try await group.waitForAll()
        }
    }
}

extension WakeUps.Options {
    /// Tests often; gives up only after what no busy machine takes, unless told otherwise.
    static func test(
        limit: Int = 100,
        echo: Duration = .seconds(30),
        connect: Duration = .seconds(30)
    ) -> WakeUps.Options {
        WakeUps.Options(
            listenLimit: limit,
            testInterval: .milliseconds(50),
            echoLimit: echo,
            connectLimit: connect
        )
    }
}

@Suite("The wake-ups of a worker", .migratedDatabase)
struct WakeUpsTests {
    @Test("pass on what wakes, and keep their own tests to themselves")
    func passesOn() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            try await RunningWakeUps.run(fixture, listeningOn: database.configuration()) { running in
                try await waitUntil("it listens") { running.isListening }
                try await fixture.waitForTests(3)
                try await fixture.queue.wake(["host-1"])
                try await waitUntil("it hears") { running.heard.withLock { $0.count } == 2 }
                let wakeUp = Listener.Event.notification(channel: Worker.channel, payload: "host-1")
                #expect(running.heard.withLock { $0 } == [.listening, wakeUp])
            }
        }
    }

    @Test("say once that notifications arrive somewhere else, and go on trying")
    func elsewhere() async throws {
        let database = TestDatabase.current
        // No error anywhere, as with a listener on a primary that was replaced.
        let elsewhere = try await database.cluster.createDatabase()
        try await database.withQueue { fixture in
            let options = WakeUps.Options.test(echo: .milliseconds(50))
            let configuration = try elsewhere.configuration()
            try await RunningWakeUps.run(fixture, listeningOn: configuration, options) { running in
                try await waitUntil("it polls") { running.reason == .unheard }
                try await fixture.waitForTests(3)
                #expect(running.told.withLock { $0 } == [.polling(.unheard)])
            }
        }
        try await database.cluster.drop(elsewhere)
    }

    @Test("know a pooler in transaction mode for what it is, say so once, and listen when it is no more")
    func pooler() async throws {
        let database = TestDatabase.current
        try await PgBouncer.run { bouncer in
            try await database.withQueue { fixture in
                let options = WakeUps.Options.test(echo: .milliseconds(500))
                try await RunningWakeUps.run(fixture, listeningOn: bouncer.configuration(), options) { running in
                    try await waitUntil("it polls") { running.reason == .pooler }
                    try await fixture.waitForTests(3)
                    #expect(running.told.withLock { $0.count } == 1)
                    try await bouncer.stop()
                    try await bouncer.start(mode: .session)
                    try await waitUntil("it listens") { running.isListening }
                    #expect(running.told.withLock { $0 } == [.polling(.pooler), .listening])
                }
            }
        }
    }

    @Test("say once that there is no connection, say when there is one again, and have the worker look then")
    func outage() async throws {
        let database = TestDatabase.current
        try await PgBouncer.run(mode: .session) { bouncer in
            try await database.withQueue { fixture in
                let options = WakeUps.Options.test(connect: .milliseconds(300))
                try await RunningWakeUps.run(fixture, listeningOn: bouncer.configuration(), options) { running in
                    for _ in 1...2 {
                        try await waitUntil("it listens") { running.isListening }
                        try await bouncer.stop()
                        try await waitUntil("it polls") { running.reason == .notConnected }
                        try await fixture.waitForTests(2)
                        try await bouncer.start(mode: .session)
                    }
                    try await waitUntil("it listens") { running.isListening }
                    let (listening, polling) = (WakeUps.Mode.listening, WakeUps.Mode.polling(.notConnected))
                    // On a busy machine the first connection may be late.
                    let told = running.told.withLock { $0.drop { $0 == polling } }
                    #expect(told == [listening, polling, listening, polling, listening])
                    #expect(running.heard.withLock { $0 } == [.listening, .lost, .listening, .lost, .listening])
                }
            }
        }
    }

    @Test("cease while more workers live than may listen, and come back")
    func tooMany() async throws {
        let database = TestDatabase.current
        try await database.withQueue { fixture in
            let configuration = try database.configuration(applicationName: "listener")
            try await RunningWakeUps.run(fixture, listeningOn: configuration, .test(limit: 1)) { running in
                try await waitUntil("it listens") { running.isListening }
                for name in ["worker-1", "worker-2"] { _ = try await fixture.heartbeat([], by: name) }
                try await waitUntil("it polls") { running.reason == .tooManyWorkers(2) }
                try await waitUntil("nobody listens") { try await !database.sessions().contains("listener") }
                _ = try await fixture.heartbeat([], by: "worker-2", isStopping: true)
                try await waitUntil("it listens again") { running.isListening }
                #expect(running.told.withLock { $0.count } == 3)
            }
        }
    }
}

extension QueueFixture {
    /// Waits until the wake-ups have asked the database so many times more.
    func waitForTests(_ count: Int) async throws {
        let statement = Statement(
            """
            SELECT query_start AS value FROM pg_stat_activity
            WHERE datname = current_database() AND query LIKE 'SELECT queue.echo%'
            """
        )
        var seen: Set<Date> = []
        try await waitUntil("the wake-ups are tested") {
            for row in try await pool.execute(statement) { seen.insert(try row.decode(Date.self, "value")) }
            return seen.count > count
        }
    }
}
