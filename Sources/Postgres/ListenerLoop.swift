import Foundation
import Logging

/// What a ``Listener`` does on its thread: connect, listen, and again.
final class ListenerLoop {
    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger
    private let patience: Listener.Patience
    private let wake: WakePipe
    private let poolerSeen: Guarded<Bool>
    private let session: Session
    private var backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))
    private var isListening = false
    private var sink: ListenerEventSink

    init(
        configuration: PostgresConfiguration,
        channels: [String],
        logger: Logger,
        patience: Listener.Patience,
        wake: WakePipe,
        sink: ListenerEventSink,
        poolerSeen: Guarded<Bool>
    ) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
        self.patience = patience
        self.wake = wake
        self.sink = sink
        self.poolerSeen = poolerSeen
        session = Session(logger: logger)
    }

    /// Blocks until the wake pipe is signalled.
    func run() {
        // A closed session has no socket, so this waits for the pipe alone.
        var pause = Duration.zero
        while session.wait(for: 0, until: Deadline(after: pause), interrupt: wake.readEnd) == .timedOut {
            do throws(PostgresError) {
                try subscribe()
                try forward()
            } catch {
                logger.info("postgres listener not listening", metadata: ["db.error": "\(error.message)"])
            }
            session.close()
            if isListening { sink.send(.lost) }
            isListening = false
            pause = backoff.next()
        }
    }

    private func subscribe() throws(PostgresError) {
        try session.connect(configuration)
        try requirePrimary()
        for channel in channels {
            try session.listen(to: channel, until: Deadline(after: patience.answer))
        }
        backoff.reset()
        isListening = true
        logger.debug("postgres listener listening")
        sink.send(.listening)
    }

    /// Forwards notifications until it is told to stop.
    private func forward() throws(PostgresError) {
        while true {
            for notification in try session.readNotifications() {
                sink.send(.notification(channel: notification.channel, payload: notification.payload))
            }
            let limit = sink.hasDroppedEvents ? Duration.seconds(1) : patience.silence
            switch session.wait(for: POLLIN, until: Deadline(after: limit), interrupt: wake.readEnd) {
            case .interrupted: return
            case .timedOut where sink.hasDroppedEvents: sink.sendMissedEvents()
            case .timedOut: try requirePrimary()
            case .ready: break
            }
        }
    }

    private func requirePrimary() throws(PostgresError) {
        let server = try session.askServer(until: Deadline(after: patience.answer))
        poolerSeen.withLock { $0 = session.isBehindPooler(backend: server.backend) }
        guard server.isStandby else { return }
        throw PostgresError(.connectionFailed, "The server is a standby, which cannot be listened to.", retry: .safe)
    }
}
