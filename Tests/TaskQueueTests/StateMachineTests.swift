import Foundation
import Postgres
import Testing

@testable import TaskQueue

/// What tests of the state machine ask of it, with a clock of their own.
protocol StateMachineTests {
    var start: ContinuousClock.Instant { get }
}

extension StateMachineTests {
    func machine(slots: Int = 4, queues: [String] = ["a"]) -> WorkerStateMachine {
        var options = WorkerOptions.test(queues: Dictionary(uniqueKeysWithValues: queues.map { ($0, slots) }))
        options.pollInterval = .seconds(5)
        return WorkerStateMachine(options: options, kinds: ["work"])
    }

    /// Sends the next exchange and answers its claim with so many tasks.
    func claim(_ count: Int, at seconds: Int = 0, _ machine: inout WorkerStateMachine) throws -> [QueuedTask] {
        answer(try send(&machine, at: seconds), &machine, tasks: count).start
    }

    /// The next exchange, which there must be.
    func send(_ machine: inout WorkerStateMachine, at seconds: Int = 0) throws -> Exchange {
        let exchange = machine.nextExchange(at: start + .seconds(seconds))
        return try #require(exchange)
    }

    @discardableResult
    func answer(
        _ exchange: Exchange,
        _ machine: inout WorkerStateMachine,
        tasks count: Int = 0
    ) -> WorkerStateMachine.Consequences {
        let queue = exchange.claim?.queues.first?.name ?? "a"
        return answer(exchange, &machine, tasks: (0..<count).map { _ in QueuedTask.made(in: queue) })
    }

    @discardableResult
    func answer(
        _ exchange: Exchange,
        _ machine: inout WorkerStateMachine,
        tasks: [QueuedTask]
    ) -> WorkerStateMachine.Consequences {
        let claim = exchange.claim.map { _ in Claim(tasks: tasks, nextDue: nil) }
        return machine.answered(exchange, ExchangeAnswer(claim: claim), at: exchange.sent)
    }

    /// Ends these tasks, which succeeded.
    func succeed(_ tasks: [QueuedTask], _ machine: inout WorkerStateMachine) {
        for task in tasks { _ = machine.handlerEnded(task.held, .succeeded(), jitter: 0) }
    }
}

extension WorkerEvent {
    var endedStatus: String? {
        guard case .ended(_, let status, _) = self else { return nil }
        return status
    }
}

extension QueuedTask {
    static func made(in queue: String, at position: Int64 = 1) -> QueuedTask {
        QueuedTask(
            id: UUID(),
            queue: queue,
            kind: "work",
            subjectID: UUID(),
            requestID: "req",
            payload: "{}",
            priority: 1,
            position: position,
            attempt: 1,
            maxAttempts: 5,
            lease: Lease(timeline: 1, token: .random(in: 1...Int64.max)),
            traceContext: nil
        )
    }
}
