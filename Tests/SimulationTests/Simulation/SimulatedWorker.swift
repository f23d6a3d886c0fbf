import Foundation
import TestSupport

@testable import TaskQueue

/// One process of a worker: the product's state machine, and what its shell remembers.
final class SimulatedWorker {
    var machine: WorkerStateMachine
    var handlers: [HeldLease: SimulatedHandler] = [:]
    /// Which of several hosts' work it does; a new process in its place has the same.
    let place: Int
    var isAlive = true
    /// Stopped by a signal, or starved of its processor: milliseconds.
    var pausedUntil = 0
    /// Its messages take long: milliseconds.
    var slowUntil = 0
    /// Its messages reach nobody: milliseconds.
    var cutOffUntil = 0
    /// Only the last plan of each loop counts.
    var look = 0
    var watch = 0
    var sweep = 0
    var sweepAt = 0
    var sweepIsDue = false
    var lastSweep: (sweptAt: Date, at: Int)?

    init(options: WorkerOptions, place: Int) {
        self.place = place
        machine = WorkerStateMachine(options: options, kinds: Set(RunRecord.Kind.allCases.map(\.rawValue)))
    }

    var name: String { machine.options.workerID }
}

/// One attempt as the server task handler makes it: the last look before a destroy, then one call of the driver.
final class SimulatedHandler {
    let task: QueuedTask
    let kind: RunRecord.Kind
    /// It was told to stop.
    var isCancelled = false
    /// It does not notice that it was told to stop until it returns.
    let isStuck: Bool
    /// Only the last plan counts.
    var plan = 0
    /// The database's time at the last look before a destroy.
    var decidedAt: Date?

    init(task: QueuedTask, kind: RunRecord.Kind, isStuck: Bool) {
        (self.task, self.kind, self.isStuck) = (task, kind, isStuck)
    }
}
