import Foundation
package import Postgres
import ServiceLifecycle

/// The worker loop: claims tasks, runs their handlers under leases, and writes how they ended.
///
/// It runs as a service, after the pool and the listener it uses. Graceful shutdown stops claiming, lets running tasks
/// go on for the grace, then hands the rest back without counting the attempt. There is no leader: every worker also
/// sweeps. The logic is in the pure ``LeaseBook``, `Contact` and ``Watermark``; here are their clock and their I/O.
package final class Worker: Service, Sendable {
    struct State {
        var book: LeaseBook
        var contact: Contact
        var watermarks: [String: Watermark] = [:]
        var stops: [HeldLease: Pulse] = [:]
        /// Leases that the last heartbeat was told of and that no task here knows.
        var unknown: Set<HeldLease> = []
        var lastPoll: ContinuousClock.Instant?
        var dueAt: ContinuousClock.Instant?
        var lastSweep: (sweptAt: Date, at: ContinuousClock.Instant)?
        var lastMaintenance: ContinuousClock.Instant?
        var note: String?
        /// The first heartbeat has been answered.
        var isReady = false
        var isDraining = false
        /// A claim is on its way, so leases may be ours that no task here knows yet.
        var isClaiming = false
        /// When the loops last came round, whether the database answered or not.
        var lastBeat = ContinuousClock.now
        var lastDispatch = ContinuousClock.now
    }

    let queue: TaskQueue
    let handlers: [String: any TaskHandler]
    let options: WorkerOptions
    let observe: @Sendable (WorkerEvent) -> Void
    let state: Guarded<State>
    /// Work may be there: a notification, a free slot, the poll.
    let dispatch = Pulse()
    /// A heartbeat is wanted before its time.
    let beat = Pulse()
    /// A lease was granted, or a deadline moved.
    let watch = Pulse()
    private let notifications: AsyncStream<Listener.Event>?

    /// - Parameters:
    ///   - handlers: of disjoint kinds.
    ///   - notifications: a listener's events on the channel `reprieve_tasks`; nil polls only.
    ///   - observe: told what happens; called on any thread, and must not block.
    package init(
        queue: TaskQueue,
        handlers: [any TaskHandler],
        options: WorkerOptions,
        notifications: AsyncStream<Listener.Event>?,
        observe: @escaping @Sendable (WorkerEvent) -> Void
    ) {
        self.queue = queue
        self.handlers = Dictionary(
            handlers.flatMap { handler in handler.kinds.map { ($0, handler) } },
            uniquingKeysWith: { _, _ in preconditionFailure("two handlers for one kind") }
        )
        self.options = options
        self.notifications = notifications
        self.observe = observe
        state = Guarded(
            State(
                book: LeaseBook(margin: options.leaseDuration / 6),
                contact: Contact(longestSilence: options.leaseDuration)
            )
        )
    }

    /// The channel on which workers are woken; a payload is the name of a queue.
    package static let channel = "reprieve_tasks"

    /// Tasks that run now.
    package var runningCount: Int { state.withLock { $0.book.entries.count } }

    /// Whether the loops come round: they wait for the database at most some seconds, and for nothing else.
    package var isAlive: Bool {
        let limit = options.pollInterval + .seconds(60)
        return state.withLock { $0.lastBeat.duration(to: .now) < limit && $0.lastDispatch.duration(to: .now) < limit }
    }

    /// Whether the database has answered within the last lease.
    package var isInContact: Bool { state.withLock { $0.contact.hasLasted(.zero, at: .now) } }

    /// Works until graceful shutdown, and until what was running then has ended or was handed back.
    ///
    /// Cancellation: running handlers are cancelled, and their tasks handed back if the database can still be reached.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.heartbeats() }
                group.addTask { await self.sweeps() }
                group.addTask { await self.leaseWatch() }
                group.addTask { await self.listen() }
                await self.dispatchLoop(&group)
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isDraining = true }
            self.dispatch.signal()
            self.beat.signal()
        }
        // It must outlive the cancellation of this task; it is awaited at once.
        await Task { await self.sayGoodbye() }.value
    }

    private func listen() async {
        guard let notifications else { return }
        for await event in notifications {
            switch event {
            case .notification(_, let payload) where options.queues[payload] != nil:
                dispatch.signal()
            case .notification, .lost:
                break
            case .listening:
                // Whatever happened while nobody listened: look, and tell the database at once that we live.
                state.withLock { $0.lastPoll = nil }
                dispatch.signal()
                beat.signal()
            }
        }
    }

    /// The last heartbeat: the worker is known to have stopped, not to have died.
    private func sayGoodbye() async {
        do {
            _ = try await queue.heartbeat(heartbeatRequest(isStopping: true))
        } catch {
            observe(.heartbeatFailed(QueueError(unknown: error)))
        }
    }
}

extension QueueError {
    /// What a caught error is when only queue errors are expected.
    init(unknown error: any Error) {
        self = error as? QueueError ?? QueueError(.unexpected, "an unexpected error", cause: error)
    }
}
