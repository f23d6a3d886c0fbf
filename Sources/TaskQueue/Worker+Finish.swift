import Foundation
import Postgres

/// Writing how an attempt ended.
extension Worker {
    /// Writes how the attempt ended. An ending that the database refuses is a failure like others: merely handed back, the
    /// task would be done and refused for ever, and no attempt would count.
    func finish(_ task: QueuedTask, _ outcome: TaskOutcome, stopped: LeaseBook.StopReason?) async {
        guard let refusal = await write(ending(of: task, outcome, stopped: stopped), of: task) else { return }
        let failure = TaskFailure(
            isTransient: true,
            code: "ending_refused",
            reason: "The end of the task could not be recorded.",
            cause: "\(refusal)"
        )
        if let refusal = await write(ending(of: task, .failed(failure), stopped: nil), of: task) {
            observe(.abandoned(task, refusal))
        }
    }

    /// Writes an ending, again and again while the database does not answer and the lease may still be ours.
    /// - Returns: why the database refused it, or nil.
    private func write(_ ending: TaskEnding, of task: QueuedTask) async -> QueueError? {
        var backoff = Backoff(base: .milliseconds(50), cap: .seconds(2))
        while true {
            do {
                let answer = try await queue.finish([ending]).first
                tell(answer, task, ending)
                return nil
            } catch {
                let error = QueueError(unknown: error)
                guard error.code.isRetryable else { return error }
                guard state.withLock({ $0.book.isHeld(task.held, at: .now) }) else {
                    observe(.abandoned(task, error))
                    return nil
                }
                observe(.finishFailed(task, error))
                // Nobody cancels this task.
                try? await Task.sleep(for: backoff.next())
            }
        }
    }

    private func tell(_ answer: FinishAnswer?, _ task: QueuedTask, _ ending: TaskEnding) {
        guard let answer, answer.verdict != .lost, let status = answer.status else {
            observe(.leaseLost(task))
            return
        }
        observe(.ended(task, status: status, failure: ending.failure))
    }

    private func ending(of task: QueuedTask, _ outcome: TaskOutcome, stopped: LeaseBook.StopReason?) -> TaskEnding {
        switch outcome {
        case .cancelled where stopped == .timedOut, .failed where stopped == .timedOut:
            return TaskEnding(lease: task.held, verb: verb(after: .timedOut, task), failure: .timedOut)
        case .succeeded(let result):
            return TaskEnding(lease: task.held, verb: .succeeded, result: result)
        case .cancelled:
            let verb: TaskEnding.Verb = stopped == .shutdown ? .released : .cancelled
            return TaskEnding(lease: task.held, verb: verb)
        case .failed(let failure):
            switch stopped {
            case .shutdown where failure.isTransient:
                return TaskEnding(lease: task.held, verb: .released)
            case .cancelRequested:
                return TaskEnding(lease: task.held, verb: .cancelled, failure: failure)
            default:
                return TaskEnding(lease: task.held, verb: verb(after: failure, task), failure: failure)
            }
        }
    }

    private func verb(after failure: TaskFailure, _ task: QueuedTask) -> TaskEnding.Verb {
        options.retryPolicy.verb(after: failure, attempt: task.attempt, maxAttempts: task.maxAttempts)
    }
}

extension TaskFailure {
    /// The attempt took longer than ``WorkerOptions/attemptLimit``.
    static let timedOut = TaskFailure(
        isTransient: true,
        code: "timed_out",
        reason: "The attempt took too long and was stopped.",
        cause: "the attempt took longer than worker.attempt_limit"
    )
}
