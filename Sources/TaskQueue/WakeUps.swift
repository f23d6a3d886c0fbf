package import Logging
package import Postgres
import ServiceLifecycle

/// What wakes the worker of this process: a listener, for as long as notifications are seen to arrive.
///
/// Notifications can stop arriving without any error: behind a pooler in transaction mode, or when the listener is still
/// connected to a primary that was replaced. So this service notifies itself now and then, through the pool whose commits
/// the worker relies on, and makes a new listener when it does not hear itself. Meanwhile, and when so many workers live
/// that notifications would cost the database more than polling, the worker polls, which it never stops doing anyway.
package final class WakeUps: Service {
    /// What the worker is to be woken by: the events of the listener of the moment. At most 1024 wait; when there were
    /// more, the oldest are dropped and `.listening` follows. It ends when ``run()`` does.
    package let events: AsyncStream<Listener.Event>

    let queue: TaskQueue
    let options: Options
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let others: [String: @Sendable (String) -> Void]
    private let observe: @Sendable (Mode) -> Void
    private let continuation: AsyncStream<Listener.Event>.Continuation
    private let mode = Guarded<Mode?>(nil)

    /// - Parameters:
    ///   - queue: where the worker's tasks come from.
    ///   - configuration: where to listen: the same database.
    ///   - logger: told about connections made and lost, at info and below.
    ///   - others: what takes the payloads of further channels, on the listener's thread; it must not block.
    ///   - observe: told at first, and then each time that listening ends or begins again; it must not block.
    package init(
        queue: TaskQueue,
        configuration: PostgresConfiguration,
        options: Options = Options(),
        logger: Logger,
        others: [String: @Sendable (String) -> Void] = [:],
        observe: @escaping @Sendable (Mode) -> Void
    ) {
        self.queue = queue
        self.configuration = configuration
        self.options = options
        self.logger = logger
        self.others = others
        self.observe = observe
        (events, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1024))
    }

    /// Listens and tests until graceful shutdown or cancellation.
    /// - Throws: `PostgresError` `.connectionFailed` when the process has no descriptor left.
    package func run() async throws {
        defer { continuation.finish() }
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if await self.hasRoom() { try await self.listen() }
                // Cut short only by shutdown.
                try? await Task.sleep(for: self.options.testInterval)
            }
        }
    }

    /// Whether one more listener is no burden; a database that does not answer makes the listener wait anyway.
    private func hasRoom() async -> Bool {
        guard let workers = await echo(nil, to: nil), workers > options.listenLimit else { return true }
        tell(.polling(.tooManyWorkers(workers)))
        return false
    }

    /// One listener's life: until it is found to be of no use.
    private func listen() async throws {
        let echoes = EchoChannel { self.forward($0) }
        let listener = Listener(
            configuration: configuration,
            channels: [Worker.channel, echoes.name] + others.keys,
            logger: logger,
            deliver: echoes.deliver
        )
        try await withThrowingTaskGroup { group in
            group.addTask { try await listener.run() }
            group.addTask { await self.testUntilUseless(listener, echoes) }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    /// The newest events are kept, so there is always room to say that older ones are missing.
    private func forward(_ event: Listener.Event) {
        if case .notification(let channel, let payload) = event, let other = others[channel] { return other(payload) }
        if case .dropped = continuation.yield(event) { continuation.yield(.listening) }
    }

    func tell(_ new: Mode) {
        let isNews = mode.withLock { mode in
            defer { mode = new }
            return mode?.isListening != new.isListening
        }
        if isNews { observe(new) }
    }
}

extension WakeUps {
    /// How the worker learns of new tasks.
    package enum Mode: Sendable, Hashable {
        /// By notifications, which were seen to arrive, and by polling.
        case listening
        /// By polling alone.
        case polling(Reason)

        var isListening: Bool { self == .listening }
    }

    /// Why notifications are of no use now.
    package enum Reason: Sendable, Hashable {
        /// The database answers, but no connection to listen on can be had, or only one to a standby.
        case notConnected
        /// A notification was committed and did not arrive: the listener and the pool may be on different servers.
        case unheard
        /// As `unheard`, and a pooler stands between: it is in transaction mode.
        case pooler
        /// Every notification costs the database something for every listener, and so many workers live.
        case tooManyWorkers(Int)
    }

    /// When to listen, and how often to test it.
    package struct Options: Sendable {
        /// With more live workers than this, nobody listens.
        package var listenLimit: Int
        /// Between two tests.
        package var testInterval: Duration
        /// How long a notification of its own may take to arrive.
        package var echoLimit: Duration
        /// How long the listener may be without a connection before that is told.
        package var connectLimit: Duration

        /// Sets the times; each must be greater than zero.
        package init(
            listenLimit: Int = 100,
            testInterval: Duration = .seconds(60),
            echoLimit: Duration = .seconds(5),
            connectLimit: Duration = .seconds(15)
        ) {
            self.listenLimit = listenLimit
            self.testInterval = testInterval
            self.echoLimit = echoLimit
            self.connectLimit = connectLimit
        }
    }
}
