import Foundation
package import Logging
import ServiceLifecycle

/// Listens for `NOTIFY` on a connection of its own, which it makes again whenever it is lost.
///
/// PostgreSQL keeps no notification for a client that is away. So `.listening`, which comes after each (re)connection,
/// says: poll once, you may have missed something. A connection that died without a word is found out by asking the
/// server when it was silent for long. What that cannot find out is a pooler in transaction mode, which accepts `LISTEN`
/// and delivers nothing, and a primary that was replaced and does not know it: whoever relies on notifications has to
/// send one now and then.
package final class Listener: Service, Sendable {
    /// What happened on the listening connection.
    package enum Event: Sendable, Hashable {
        /// It is listening from now on, or notifications were dropped: poll once. `.lost` or another event may follow.
        case listening
        /// Somebody notified.
        case notification(channel: String, payload: String)
        /// It lost its connection; `.listening` follows when there is one again.
        case lost
    }

    /// How long a silent connection is believed to live.
    package struct Patience: Sendable {
        /// After so long a silence the server is asked whether it still lives, and still is the primary.
        package var silence: Duration
        /// How long it may take to answer, then and when the listening begins.
        package var answer: Duration

        /// After `silence` without a word from the server it is asked, and has `answer` to reply; both more than zero.
        package init(silence: Duration = .seconds(30), answer: Duration = .seconds(5)) {
            self.silence = silence
            self.answer = answer
        }
    }

    /// What happens, in order, for one consumer. At most 1024 events wait for it; when there were more,
    /// notifications are dropped and `.listening` follows. It ends when ``run()`` does.
    package let events: AsyncStream<Event>

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger
    private let continuation: AsyncStream<Event>.Continuation
    private let deliver: @Sendable (Event) -> Bool
    private let patience: Patience
    private let hasStarted = Guarded(false)
    private let poolerSeen = Guarded(false)

    /// Makes a listener; it connects when it is run.
    /// - Parameters:
    ///   - configuration: the database; a standby is refused and tried again.
    ///   - channels: their names, which are quoted: lower and upper case differ.
    ///   - logger: told about connections made and lost, at info and below.
    ///   - patience: how long a silent connection is believed to live.
    ///   - deliver: takes the events instead of ``events``, on the listener's thread, which it must not block; false
    ///     when it had no room for one.
    package init(
        configuration: PostgresConfiguration,
        channels: [String],
        logger: Logger,
        patience: Patience = Patience(),
        deliver: (@Sendable (Event) -> Bool)? = nil
    ) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
        self.patience = patience
        let (events, continuation) = AsyncStream.makeStream(of: Event.self, bufferingPolicy: .bufferingOldest(1024))
        (self.events, self.continuation) = (events, continuation)
        self.deliver =
            deliver ?? { event in
                if case .dropped = continuation.yield(event) { false } else { true }
            }
    }

    /// Whether its last connection led to a pooler instead of to the server.
    package var isBehindPooler: Bool { poolerSeen.withLock { $0 } }

    /// Listens until graceful shutdown or cancellation; returns when its connection is closed, which an attempt to
    /// connect can delay by the connect timeout. It can be run once.
    /// - Throws: ``PostgresError`` `.connectionFailed` when the process has no descriptor left. A database that cannot
    /// be
    ///   reached is no error: it tries again, for ever.
    package func run() async throws {
        let isFirst = hasStarted.withLock { started in
            defer { started = true }
            return !started
        }
        precondition(isFirst, "a listener can be run once")
        defer { continuation.finish() }
        let wake = try WakePipe()
        await withTaskCancellationOrGracefulShutdownHandler {
            await runLoop(wake)
        } onCancelOrGracefulShutdown: {
            wake.signal()
        }
    }

    private func runLoop(_ wake: WakePipe) async {
        await withCheckedContinuation { done in
            let thread = Thread { [configuration, channels, logger, patience, deliver, poolerSeen] in
                let loop = ListenerLoop(
                    configuration: configuration,
                    channels: channels,
                    logger: logger,
                    patience: patience,
                    wake: wake,
                    sink: ListenerEventSink(deliver),
                    poolerSeen: poolerSeen
                )
                loop.run()
                done.resume()
            }
            thread.name = "postgres-listen"
            thread.start()
        }
    }
}
