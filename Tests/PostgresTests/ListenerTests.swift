import TestSupport
import Testing

@testable import Postgres

/// The events of a listener, one after another.
final class EventReader {
    private var iterator: AsyncStream<Listener.Event>.Iterator

    init(_ listener: Listener) {
        iterator = listener.events.makeAsyncIterator()
    }

    func next() async -> Listener.Event? {
        await iterator.next(isolation: #isolation)
    }
}

/// Runs a listener while `body` reads its events; afterwards it has ended.
func withListener(
    _ database: TestDatabase,
    _ channels: [String],
    patience: Listener.Patience = Listener.Patience(),
    _ body: (EventReader) async throws -> Void
) async throws {
    let listener = Listener(
        configuration: try database.configuration(applicationName: "listener"),
        channels: channels,
        logger: TestDatabase.logger,
        patience: patience
    )
    let running = Task { try await listener.run() }
    defer { running.cancel() }
    try await body(EventReader(listener))
    running.cancel()
    try await running.value
}

func notify(_ database: TestDatabase, _ channel: String, _ payload: String) async throws {
    try await database.withConnection { connection in
        _ = try await connection.execute(Statement("SELECT pg_notify($1, $2)"), [.text(channel), .text(payload)])
    }
}

@Suite("A listener", .emptyDatabase)
struct ListenerTests {
    @Test("hears its channels, whatever they are called, in order, and no others")
    func hears() async throws {
        let odd = #"Odd "channel"; ü"#
        let database = TestDatabase.current
        try await withListener(database, ["plain", odd]) { events in
            #expect(await events.next() == .listening)
            try await notify(database, "plain", "")
            try await notify(database, "other", "unheard")
            try await notify(database, odd, "漢字")
            #expect(await events.next() == .notification(channel: "plain", payload: ""))
            #expect(await events.next() == .notification(channel: odd, payload: "漢字"))
        }
    }

    @Test("listens again after its session was ended")
    func reconnects() async throws {
        let database = TestDatabase.current
        try await withListener(database, ["wake"]) { events in
            for _ in 0..<3 {
                #expect(await events.next() == .listening)
                try await database.endAllSessions()
                #expect(await events.next() == .lost)
            }
            #expect(await events.next() == .listening)
            try await notify(database, "wake", "again")
            #expect(await events.next() == .notification(channel: "wake", payload: "again"))
        }
    }

    @Test("ends when it is cancelled, connected or not, and its events end with it")
    func ends() async throws {
        try await withListener(TestDatabase.current, ["wake"]) { events in
            #expect(await events.next() == .listening)
        }
        let unreachable = try PostgresConfiguration(connectionString: "host=/nonexistent", applicationName: "test")
        let listener = Listener(configuration: unreachable, channels: ["wake"], logger: TestDatabase.logger)
        let running = Task { try await listener.run() }
        running.cancel()
        try await running.value
        for await event in listener.events { Issue.record("unexpected \(event)") }
    }
}

@Suite("The events of a listener")
struct ListenerEventSinkTests {
    @Test("tell a consumer that did not keep up, when it has room again, to poll once")
    func overflow() async {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Listener.Event.self,
            bufferingPolicy: .bufferingOldest(2)
        )
        var events = stream.makeAsyncIterator()
        var sink = ListenerEventSink { event in
            if case .dropped = continuation.yield(event) { false } else { true }
        }
        sink.send(.listening)
        sink.send(.notification(channel: "a", payload: "kept"))
        #expect(!sink.hasDroppedEvents)
        sink.send(.notification(channel: "a", payload: "dropped"))
        #expect(sink.hasDroppedEvents)
        sink.sendMissedEvents()
        #expect(sink.hasDroppedEvents)
        #expect(await events.next() == .listening)
        sink.sendMissedEvents()
        #expect(!sink.hasDroppedEvents)
        #expect(await events.next() == .notification(channel: "a", payload: "kept"))
        #expect(await events.next() == .listening)
    }
}
