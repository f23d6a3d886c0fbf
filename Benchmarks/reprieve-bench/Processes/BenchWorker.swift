import Foundation
import Postgres
import ServiceLifecycle
import TaskQueue
import Telemetry
import UnixSignals

/// The worker process of the benchmark: the product's worker, with handlers that do nothing.
enum BenchWorker {
    /// Works until SIGTERM.
    /// - Parameter ledger: told what happens; nil where nobody looks.
    static func run(queue: String, url: String, ledger: Ledger?) async throws {
        let configuration = try BenchDatabase.configuration(url)
        // As many connections as reprieve-worker has by default.
        let pool = ConnectionPool(
            configuration: configuration,
            maximumConnections: 4,
            logger: BenchDatabase.logger
        )
        let listener = Listener(
            configuration: configuration,
            channels: [Worker.channel],
            logger: BenchDatabase.logger
        )
        let worker = Worker(
            queue: TaskQueue(pool: pool),
            handlers: [NoOpHandler(ledger: ledger)],
            options: WorkerOptions(
                workerID: "bench-\(UUID().uuidString.lowercased())",
                version: ProgramVersion.current,
                queues: [queue: Shape.slots]
            ),
            notifications: listener.events
        ) { event in
            switch event {
            case .ready: ledger?.ready()
            case .ended: ledger?.ended()
            case .leaseLost, .abandoned, .finishFailed, .claimFailed, .heartbeatFailed, .sweepFailed:
                Output.note("worker: \(event)")
            default: break
            }
        }
        let services: [any Service] = [pool, listener, worker]
        try await ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: BenchDatabase.logger
            )
        ).run()
    }
}

/// Does nothing, and says when it began.
struct NoOpHandler: TaskHandler {
    let kinds: Set = [DrainMeasurement.kind, LatencyMeasurement.kind]
    let ledger: Ledger?

    func run(_ task: QueuedTask, attempt: TaskAttempt) async -> TaskOutcome {
        guard let ledger else { return .succeeded() }
        // The time first: finding the place takes a while itself. Other tasks have none.
        let now = Ledger.now
        ledger.started(at: now, slot: task.kind == LatencyMeasurement.kind ? place(of: task) : nil)
        return .succeeded()
    }

    private func place(of task: QueuedTask) -> Int? {
        task.payload.firstMatch(of: /"place": ?([0-9]+)/).flatMap { Int($0.output.1) }
    }
}
