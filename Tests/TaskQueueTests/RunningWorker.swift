import Foundation
import Postgres
import ServiceLifecycle
import TaskQueue
import TestSupport

/// A worker at work in a service group of its own, and what it said.
struct RunningWorker: Sendable {
    let worker: Worker
    let said: EventLog
    private let services: ServiceGroup
    private let running: Task<Void, any Error>
    private let wasCancelled = Guarded(false)

    fileprivate init(worker: Worker, said: EventLog, services: ServiceGroup) {
        self.worker = worker
        self.said = said
        self.services = services
        running = Task { try await services.run() }
    }

    /// Asks for a graceful shutdown and does not wait for its end.
    func beginShutdown() async {
        await services.triggerGracefulShutdown()
    }

    /// Cancels everything, as a process does that has no time for a graceful shutdown.
    func cancel() {
        wasCancelled.withLock { $0 = true }
        running.cancel()
    }

    /// Waits for the end.
    func ended() async throws {
        do {
            try await running.value
        } catch {
            // How a group reports its cancellation is its own business.
            if !wasCancelled.withLock({ $0 }) { throw error }
        }
    }
}

/// Runs a worker while `body` does; afterwards it has ended.
func withWorker(
    _ options: WorkerOptions,
    on database: TestDatabase,
    listens: Bool = false,
    handlers: [any TaskHandler],
    observe: @escaping @Sendable (WorkerEvent) -> Void = { _ in },
    _ body: (RunningWorker) async throws -> Void
) async throws {
    let said = EventLog()
    let configuration = try database.configuration(applicationName: "worker")
    let pool = ConnectionPool(configuration: configuration, maximumConnections: 4, logger: TestDatabase.logger)
    let listener = Listener(configuration: configuration, channels: [Worker.channel], logger: TestDatabase.logger)
    let worker = Worker(
        queue: TaskQueue(pool: pool),
        handlers: handlers,
        options: options,
        notifications: listens ? listener.events : nil,
        observe: { event in
            said.append(event)
            observe(event)
        }
    )
    let services = ServiceGroup(
        configuration: .init(services: listens ? [listener, worker] : [worker], logger: TestDatabase.logger)
    )
    let running = RunningWorker(worker: worker, said: said, services: services)
    var failure: (any Error)?
    do {
        try await waitUntil("the worker works") { worker.isInContact }
        try await body(running)
        await running.beginShutdown()
    } catch {
        failure = error
        running.cancel()
    }
    do {
        try await running.ended()
    } catch {
        failure = failure ?? error
    }
    await pool.shutdown()
    if let failure { throw failure }
}

extension WorkerOptions {
    /// Serves `host-1`; it looks often, unless told otherwise.
    static func test(
        id: String = "worker-1",
        queues: [String: Int] = ["host-1": 4],
        lease: Duration = .seconds(30),
        poll: Duration = .milliseconds(100),
        sweep: Duration = .milliseconds(100),
        grace: Duration = .seconds(60)
    ) -> WorkerOptions {
        WorkerOptions(
            workerID: id,
            version: "test",
            queues: queues,
            leaseDuration: lease,
            pollInterval: poll,
            sweepInterval: sweep,
            shutdownGrace: grace,
            retryPolicy: RetryPolicy(base: .milliseconds(1), cap: .milliseconds(5))
        )
    }
}

/// Does with each task of the kind `work` what a test wants.
struct TestHandler: TaskHandler {
    typealias Body = @Sendable (QueuedTask, @escaping @Sendable (TaskProgress) -> Void) async -> TaskOutcome

    let kinds: Set<String> = ["work"]
    private let body: Body

    init(_ body: @escaping @Sendable (QueuedTask) async -> TaskOutcome) {
        self.body = { task, _ in await body(task) }
    }

    init(reporting body: @escaping Body) {
        self.body = body
    }

    func run(_ task: QueuedTask, attempt: TaskAttempt) async -> TaskOutcome {
        await body(task, attempt.report)
    }
}

/// Something that handlers wait at until the test lets them go on, or they are cancelled.
final class Gate: Sendable {
    private let state = Guarded((isOpen: false, waiting: 0, cancelled: [Date]()))

    var waiting: Int { state.withLock { $0.waiting } }
    /// When waiters were cancelled.
    var cancelled: [Date] { state.withLock { $0.cancelled } }

    func open() {
        state.withLock { $0.isOpen = true }
    }

    /// Succeeds when the gate opens; when the waiter is cancelled first, it is not done and says so.
    func pass() async -> TaskOutcome {
        state.withLock { $0.waiting += 1 }
        defer { state.withLock { $0.waiting -= 1 } }
        do {
            try await waitUntil(timeout: .seconds(120), "the gate opens") { state.withLock { $0.isOpen } }
            return .succeeded()
        } catch {
            state.withLock { $0.cancelled.append(Date()) }
            return .cancelled
        }
    }
}

/// What a worker said, in order.
final class EventLog: Sendable {
    private let events = Guarded([WorkerEvent]())

    func append(_ event: WorkerEvent) {
        events.withLock { $0.append(event) }
    }

    /// The tasks that ended, and how.
    var ended: [(task: UUID, status: String)] {
        events.withLock { events in
            events.compactMap { event in
                guard case .ended(let task, let status, _) = event else { return nil }
                return (task.id, status)
            }
        }
    }

    /// The leases that were lost.
    var lost: [HeldLease] {
        events.withLock { events in
            events.compactMap { event in
                guard case .leaseLost(let task) = event else { return nil }
                return task.held
            }
        }
    }

    var handedBack: [HeldLease] {
        events.withLock { events in
            events.compactMap { event in
                guard case .handedBack(let lease) = event else { return nil }
                return lease
            }
        }
    }

    /// The tasks whose handlers did not stop.
    var stuck: [UUID] {
        events.withLock { events in
            events.compactMap { event in
                guard case .stuck(let task) = event else { return nil }
                return task.id
            }
        }
    }

    var claimsFailed: Int {
        events.withLock { events in
            events.count { event in
                if case .claimFailed = event { true } else { false }
            }
        }
    }
}

extension QueueFixture {
    /// Waits until the sessions of the worker have done nothing for a while: it has done what there was to do.
    func waitUntilWorkerSleeps() async throws {
        let statement = Statement(
            """
            SELECT count(*) > 0
                AND bool_and(state = 'idle' AND state_change < clock_timestamp() - interval '300 milliseconds') AS value
            FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'worker'
            """
        )
        try await waitUntil("the worker sleeps") { try await value(Bool?.self, statement) == true }
    }
}
