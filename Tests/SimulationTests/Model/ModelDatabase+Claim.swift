import Foundation
import TestSupport

@testable import TaskQueue

/// Claiming, and the heartbeat.
extension ModelDatabase {
    /// queue.claim_tasks_v3
    mutating func claim(_ request: ClaimRequest) -> (tasks: [QueuedTask], nextDue: TimeInterval?) {
        var picked: [UUID] = []
        for queue in request.queues {
            picked += pick(queue, request.kinds, turn: Int(request.turn) + picked.count)
        }
        let names = Set(request.queues.map(\.name))
        let nextDue = tasks.lazy.filter { $0.status == .retrying && names.contains($0.queue) }.map(\.availableAt).min()

        let claimed = picked.compactMap { id -> QueuedTask? in
            guard let index = tasks.firstIndex(where: { $0.id == id }) else { return nil }
            tasks[index].status = .running
            tasks[index].attempt += 1
            tasks[index].lease = ModelTask.Lease(
                token: newToken(),
                timeline: timeline,
                worker: request.workerID,
                expiresAt: now + request.leaseDuration.seconds
            )
            tasks[index].attemptStartedAt = now
            tasks[index].startedAt = tasks[index].startedAt ?? now
            return QueuedTask(tasks[index])
        }
        return (
            claimed.sorted { ($0.priority, $0.position) < ($1.priority, $1.position) },
            nextDue.map { $0.timeIntervalSince(now) }
        )
    }

    /// queue.pick_tasks_v1
    private func pick(_ queue: ClaimRequest.QueueRequest, _ kinds: Set<String>, turn: Int) -> [UUID] {
        guard !pausedQueues.contains(queue.name) else { return [] }
        var room = queue.limit
        if let limit = runningLimits[queue.name] {
            room = min(room, limit - tasks.count { $0.status == .running && $0.queue == queue.name })
        }
        let slots = room
        var low: [Int64?] = queue.low
        var picked: [UUID] = []
        for pass in 1...2 {
            for priority in 0..<3 where room > 0 {
                let most = min(pass == 1 ? Self.share(priority, turn: turn, slots: slots) : room, room)
                guard most > 0, let from = low[priority] else { continue }
                let found = tasks.filter {
                    $0.status == .queued && $0.queue == queue.name && $0.priority == priority && $0.position >= from
                        && kinds.contains($0.kind.rawValue)
                }.sorted { $0.position < $1.position }.prefix(most)
                low[priority] = found.count == most ? found.last.map { $0.position + 1 } : nil
                picked += found.map(\.id)
                room -= found.count
            }
        }
        return picked
    }

    /// queue.share_v1
    static func share(_ priority: Int, turn: Int, slots: Int) -> Int {
        let own = [4, 2, 1][priority]
        return slots / 7 * own + (turn..<turn + max(0, slots % 7)).count { [0, 1, 0, 2, 0, 1, 0][$0 % 7] == priority }
    }

    /// queue.heartbeat_v1
    mutating func heartbeat(_ request: HeartbeatRequest) -> [HeartbeatAnswer] {
        var answers = request.leases.keys.sorted { $0.token < $1.token }.map { held in
            guard let index = tasks.firstIndex(where: { $0.id == held.task && $0.lease?.token == held.token }) else {
                return HeartbeatAnswer(lease: held, verdict: isBroken(.heartbeatRevivesFinished) ? .held : .lost)
            }
            tasks[index].lease?.expiresAt = now + request.leaseDuration.seconds
            return HeartbeatAnswer(lease: held, verdict: tasks[index].isCancelRequested ? .cancel : .held)
        }
        for task in tasks where task.lease?.worker == request.workerID && request.queues.contains(task.queue) {
            guard let token = task.lease?.token else { continue }
            let held = HeldLease(task: task.id, token: token)
            if request.leases[held] == nil { answers.append(HeartbeatAnswer(lease: held, verdict: .unknown)) }
        }
        return answers
    }
}

extension QueuedTask {
    /// A claimed task as the claim's answer gives it.
    init(_ task: ModelTask) {
        self.init(
            id: task.id,
            queue: task.queue,
            kind: task.kind.rawValue,
            subjectID: task.subject,
            requestID: task.requestID,
            payload: "{}",
            priority: task.priority,
            position: task.position,
            attempt: task.attempt,
            maxAttempts: task.maxAttempts,
            lease: Lease(timeline: task.lease?.timeline ?? 0, token: task.lease?.token ?? 0),
            traceContext: nil,
            isCancelRequested: task.isCancelRequested
        )
    }
}
