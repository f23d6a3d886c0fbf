import Foundation
package import Logging
import ServiceLifecycle

/// Listens for `NOTIFY` on a connection of its own, which it makes again whenever it is lost.
///
/// PostgreSQL keeps no notification for a client that is away. So `.listening`, which comes after each (re)connection,
/// says: poll once, you may have missed something. It serves plain PostgreSQL only: a pooler in transaction mode
/// accepts `LISTEN` and delivers nothing.
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

    /// What happens, in order, for one consumer. At most 1024 events wait for it; when there were more,
    /// notifications are dropped and `.listening` follows. It ends when ``run()`` does.
    package let events: AsyncStream<Event>

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger
    private let continuation: AsyncStream<Event>.Continuation
    private let hasStarted = Guarded(false)

    /// Makes a listener; it connects when it is run.
    /// - Parameters:
    ///   - configuration: the database; a standby is refused and tried again.
    ///   - channels: their names, which are quoted: lower and upper case differ.
    ///   - logger: told about connections made and lost, at info and below.
    package init(configuration: PostgresConfiguration, channels: [String], logger: Logger) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1024))
    }

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
            let thread = Thread { [configuration, channels, logger, continuation] in
                let loop = ListenerLoop(
                    configuration: configuration,
                    channels: channels,
                    logger: logger,
                    wake: wake,
                    sink: ListenerEventSink(continuation)
                )
                loop.run()
                done.resume()
            }
            thread.name = "postgres-listen"
            thread.start()
        }
    }
}
