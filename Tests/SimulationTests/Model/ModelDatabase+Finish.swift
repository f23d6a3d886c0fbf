import Foundation
import TestSupport

@testable import TaskQueue

/// Ending attempts.
extension ModelDatabase {
    /// compute.finish_tasks_v1
    mutating func finish(_ endings: [ModelEnding]) -> [ModelSettled] {
        let settled = finishTasks(endings)
        settle(settled)
        return settled
    }

    /// queue.finish_tasks_v1
    mutating func finishTasks(_ endings: [ModelEnding]) -> [ModelSettled] {
        var settled: [ModelSettled] = []
        var missing: [ModelEnding] = []
        for ending in endings {
            guard let index = taskIndex(ending.id, token: ending.token) else {
                missing.append(ending)
                continue
            }
            settled.append(end(at: index, ending))
        }
        return settled + missing.map(lookUp)
    }

    private mutating func end(at index: Int, _ ending: ModelEnding) -> ModelSettled {
        var task = tasks[index]
        let before = task
        let outcome = outcome(of: ending, on: task)
        if ending.outcome.losesLease { task.lostLeases += 1 }
        let isRepeated = ending.outcome.waits && task.errors.last == ending.error
        if let error = ending.error, !isRepeated { task.errors.append(error) }

        var settled = ModelSettled(id: task.id, token: task.lease?.token, verdict: .finished, status: nil, task: before)
        settled.error = isRepeated ? nil : ending.error
        if ending.outcome == .rescued { settled.verdict = .rescued }
        switch outcome {
        case .succeeded, .failed, .cancelled:
            settled.status = "\(outcome)"
            close(index, task, status: "\(outcome)")
            return settled
        case .retrying, .waiting, .unseen: settled.status = "retrying"
        case .released, .rescued: settled.status = "queued"
        }
        if outcome.waits { settled.verdict = .waiting }
        if case .waiting = outcome {
            if task.startedAt == task.attemptStartedAt { task.startedAt = nil }
        }
        giveBack(&task, outcome, delay: ending.outcome.delay)
        tasks[index] = task
        return settled
    }

    /// What is written for what was asked.
    private func outcome(of ending: ModelEnding, on task: ModelTask) -> ModelEnding.Outcome {
        switch ending.outcome {
        case .rescued, .unseen:
            return task.lostLeases + 1 >= lostLeaseLimit ? .failed : ending.outcome
        case .retrying, .waiting, .released:
            if task.isCancelRequested, !isBroken(.retryDespiteCancel) { return .cancelled }
            return ending.outcome
        case .succeeded, .failed, .cancelled:
            return ending.outcome
        }
    }

    private mutating func close(_ index: Int, _ task: ModelTask, status: String) {
        tasks.remove(at: index)
        if isBroken(.finishForgetsEnding), status == "cancelled" { return }
        ended.append(ModelEnded(task: task, status: status, token: task.lease?.token, finishedAt: now))
    }

    private mutating func giveBack(_ task: inout ModelTask, _ outcome: ModelEnding.Outcome, delay: TimeInterval) {
        switch outcome {
        case .retrying: task.status = .retrying
        case .waiting, .unseen:
            task.status = .retrying
            task.attempt -= 1
        case .released where isBroken(.releaseCountsAttempt): task.status = .queued
        default:
            task.status = .queued
            task.attempt -= 1
        }
        task.position = newPosition()
        task.availableAt = now + delay
        task.lease = nil
    }

    /// A finish whose lease is lost, unless it is found done.
    private func lookUp(_ ending: ModelEnding) -> ModelSettled {
        let found = ended.first { $0.task.id == ending.id && $0.token == ending.token }
        return ModelSettled(
            id: ending.id,
            token: ending.token,
            verdict: found == nil ? .lost : .again,
            status: found?.status,
            task: found?.task
        )
    }

    /// queue.rescue_v1
    mutating func rescue(limit: Int) -> [ModelSettled] {
        let lost = tasks.filter { task in
            guard let lease = task.lease else { return false }
            return lease.expiresAt < now || lease.expiresAt > now + 600 || isBroken(.rescueIgnoresExpiry)
        }.sorted { $0.id.uuidString < $1.id.uuidString }.prefix(limit)
        return finishTasks(
            lost.map { ModelEnding(id: $0.id, token: $0.lease?.token ?? 0, outcome: .rescued, error: "lease_lost") }
        )
    }

    /// queue.promote_due_v1
    mutating func promoteDue(limit: Int) -> Set<String> {
        let due = tasks.filter { $0.status == .retrying && ($0.availableAt <= now || $0.availableAt > now + 3600) }
            .sorted { $0.availableAt < $1.availableAt }.prefix(limit)
        for task in due {
            guard let index = tasks.firstIndex(where: { $0.id == task.id }) else { continue }
            tasks[index].status = .queued
            tasks[index].position = newPosition()
        }
        return Set(due.map(\.queue))
    }
}
