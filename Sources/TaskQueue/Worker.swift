import Foundation
package import Postgres
import ServiceLifecycle

/// The worker loop: claims tasks, runs their handlers under leases, and writes how they ended.
///
/// It runs as a service, after the pool and the listener it uses. Graceful shutdown stops claiming, lets running tasks
/// go on for the grace, then hands the rest back without counting the attempt. There is no leader: every worker also
/// sweeps. What it does is decided by the pure ``WorkerStateMachine``; here are its clock and its I/O.
package final class Worker: Service, Sendable {
    struct State {
        var machine: WorkerStateMachine
        /// The handlers that run, to be cancelled one by one.
        var handlers: [HeldLease: Task<Void, Never>] = [:]
        /// Tasks whose progress no heartbeat has told the database yet.
        var reported: Set<UUID> = []
        var sweepAt = ContinuousClock.now
        /// Of the next sweep it is known that it makes tasks of ours runnable.
        var sweepIsDue = false
        var lastSweep: (sweptAt: Date, at: ContinuousClock.Instant)?
        var maintainAt = ContinuousClock.now
        var note: String?
        /// Leases to hand back, and those that are being handed back.
        var strays: Set<HeldLease> = []
        /// The first heartbeat has been answered.
        var isReady = false
        /// When the loops last came round, whether the database answered or not.
        var lastBeat = ContinuousClock.now
        var lastDispatch = ContinuousClock.now
    }

    let queue: TaskQueue
    let handlers: [String: any TaskHandler]
    let options: WorkerOptions
    let observe: @Sendable (WorkerEvent) -> Void
    let state: Guarded<State>
    /// There may be something to send: a notification, the end of a handler, the poll.
    let dispatch = Pulse()
    /// A heartbeat is wanted before its time.
    let beat = Pulse()
    /// A lease was granted, or a deadline moved.
    let watch = Pulse()
    /// A sweep is wanted before its time.
    let sweep = Pulse()
    /// There are leases to hand back.
    let stray = Pulse()
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
        state = Guarded(State(machine: WorkerStateMachine(options: options, kinds: Set(self.handlers.keys))))
    }

    /// The channel on which workers are woken; a payload is the name of a queue.
    package static let channel = "reprieve_tasks"

    /// Tasks that are held now.
    package var runningCount: Int { state.withLock { $0.machine.held.count } }

    /// Whether the loops come round: they wait for the database at most some seconds, and for nothing else.
    package var isAlive: Bool {
        let limit = options.pollInterval + .seconds(60)
        return state.withLock { $0.lastBeat.duration(to: .now) < limit && $0.lastDispatch.duration(to: .now) < limit }
    }

    /// Whether the database has answered within the last lease.
    package var isInContact: Bool { state.withLock { $0.machine.contact.hasLasted(.zero, at: .now) } }

    /// Works until graceful shutdown, and until what was running then has ended or was handed back.
    ///
    /// Cancellation: running handlers are cancelled, and their tasks handed back if the database can still be reached.
    package func run() async throws {
        // Cancellation must not reach the loops: the last writes outlive it. The task is awaited at once.
        let work = Task { await self.loops() }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await work.value
            } onGracefulShutdown: {
                self.state.withLock { $0.machine.beginDrain() }
                self.dispatch.signal()
                self.beat.signal()
            }
        } onCancel: {
            self.stop(self.state.withLock { $0.machine.stopAll() })
            self.dispatch.signal()
        }
    }

    private func loops() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.heartbeats() }
            group.addTask { await self.handBackLoop() }
            group.addTask { await self.sweeps() }
            group.addTask { await self.leaseWatch() }
            group.addTask { await self.listen() }
            await self.dispatchLoop(&group)
            group.cancelAll()
        }
        await sayGoodbye()
    }

    private func listen() async {
        guard let notifications else { return }
        for await event in notifications {
            switch event {
            case .notification(_, let payload) where options.queues[payload] != nil:
                state.withLock { $0.machine.wake() }
                dispatch.signal()
            case .notification, .lost:
                break
            case .listening:
                // Whatever happened while nobody listened: look, and tell the database at once that we live.
                state.withLock { $0.machine.wakeToPoll() }
                dispatch.signal()
                beat.signal()
            }
        }
    }

    /// The last heartbeat: the worker is known to have stopped, not to have died.
    private func sayGoodbye() async {
        do {
            _ = try await queue.heartbeat(state.withLock { $0.machine.heartbeatRequest(isStopping: true) })
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
