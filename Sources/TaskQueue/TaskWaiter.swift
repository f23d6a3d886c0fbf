import Foundation
import Postgres

/// A task as somebody last saw it.
struct SeenTask: Sendable, Hashable {
    var task: UUID
    /// Status, attempt, step and percent with spaces between them, empty where there is none; nil when only its end
    /// matters.
    var mark: String?

    init(task: UUID, mark: String?) {
        self.task = task
        self.mark = mark
    }
}

/// One who waits for news of a task.
package final class TaskWaiter: Sendable {
    private struct State {
        var seen: SeenTask?
        var isOver = false
        var sleepsSince = ContinuousClock.now
    }

    let task: UUID
    let project: String
    let isCurious: Bool
    private let watch: TaskWatch
    private let pulse = Pulse()
    private let state = Guarded(State())

    init(task: UUID, project: String, isCurious: Bool, watch: TaskWatch) {
        self.task = task
        self.project = project
        self.isCurious = isCurious
        self.watch = watch
    }

    /// Whether there is nothing to wait for any more: the process stops, or the caller has gone.
    package var isOver: Bool { state.withLock { $0.isOver } }

    var seen: SeenTask? { state.withLock { $0.seen } }
    var sleepsSince: ContinuousClock.Instant { state.withLock { $0.sleepsSince } }

    /// Waits until the task may have changed, until the deadline, or until it is over; at once when something has
    /// happened since the last wait. Cancellation: returns.
    /// - Parameter mark: of the task as it was read last.
    package func wait(until deadline: ContinuousClock.Instant, mark: String) async {
        let isOver = state.withLock { state in
            state.seen = SeenTask(task: task, mark: isCurious ? mark : nil)
            state.sleepsSince = .now
            return state.isOver
        }
        guard !isOver else { return }
        await pulse.wait(upTo: deadline - .now)
    }

    /// Ends the wait, and every later one, at once.
    package func finish() {
        state.withLock { $0.isOver = true }
        pulse.signal()
    }

    /// Stands in line no more.
    package func leave() {
        watch.remove(self)
    }

    func wake() {
        pulse.signal()
    }
}
