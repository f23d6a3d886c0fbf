import Foundation
import TestSupport

@testable import TaskQueue

/// Accepting requests.
extension ModelDatabase {
    /// compute.delete_server_v1
    mutating func delete(_ id: UUID, requestID: String) -> ModelAnswer {
        if let answer = lockServer(id, requestID: requestID) { return answer }
        guard let index = serverIndex(id) else { return .notFound }
        if servers[index].taskState == "restoring" { return .wrongTaskState("restoring") }
        if servers[index].vmState == "soft-delete" || servers[index].taskState != nil { return .already(nil) }

        servers[index].taskState = "soft-deleting"
        servers[index].deletedAt = now
        servers[index].keepFor = retention
        let task = newID()
        actions[requestID] = Action(server: id, task: task, start: now)
        enqueue(task, servers[index], .softDelete, requestID, priority: 1)
        return .accepted(task)
    }

    /// compute.restore_server_v1
    mutating func restore(_ id: UUID, requestID: String) -> ModelAnswer {
        if let answer = lockServer(id, requestID: requestID) { return answer }
        guard let index = serverIndex(id) else { return .notFound }
        let task = newID()
        if servers[index].taskState == "soft-deleting" {
            guard undoSoftDelete(id) else { return .wrongTaskState("soft-deleting") }
            actions[requestID] = Action(server: id, task: task, start: now)
            events.append(ModelEvent(requestID: requestID, kind: .restore, attempt: 0, isSuccess: true))
            recordDone(task, servers[index], .restore, requestID)
            return .accepted(task)
        }
        if servers[index].vmState != "soft-delete" { return .wrongVMState(servers[index].vmState) }
        if let taskState = servers[index].taskState, !isBroken(.restoreTwice) { return .wrongTaskState(taskState) }

        settle(cancelWaiting(id, onlyUnclaimed: false))
        if taskIndex(of: id) != nil, !isBroken(.restoreDespitePurge) { return .wrongTaskState("deleting") }

        servers[index].taskState = "restoring"
        actions[requestID] = Action(server: id, task: task, start: now)
        enqueue(task, servers[index], .restore, requestID, priority: 0)
        return .accepted(task)
    }

    /// compute.force_delete_server_v1
    mutating func forceDelete(_ id: UUID, requestID: String) -> ModelAnswer {
        if let answer = lockServer(id, requestID: requestID) { return answer }
        guard let index = serverIndex(id) else { return .notFound }
        let first =
            servers[index].waitingForceDelete
            ?? tasks.first { $0.subject == id && $0.kind == .forceDelete }?.requestID
        if let first, let action = actions[first] { return .already(action.task) }

        let task = newID()
        actions[requestID] = Action(server: id, task: task, start: now)
        settle(cancelWaiting(id, onlyUnclaimed: false))
        if let running = taskIndex(of: id) {
            tasks[running].isCancelRequested = true
            if !isBroken(.forceDeleteBesideRunning) {
                servers[index].waitingForceDelete = requestID
                return .accepted(task)
            }
        }
        servers[index].taskState = "deleting"
        servers[index].deletedAt = servers[index].deletedAt ?? now
        enqueue(task, servers[index], .forceDelete, requestID, priority: 0)
        return .accepted(task)
    }

    /// compute.lock_server_v1
    private func lockServer(_ id: UUID, requestID: String) -> ModelAnswer? {
        guard let server = server(id) else { return .notFound }
        if let action = actions[requestID], action.server == id, !isBroken(.repeatedRequestActsAgain) {
            return .accepted(action.task)
        }
        return server.vmState == "deleted" ? .notFound : nil
    }

    /// compute.enqueue_task_v1, queue.enqueue_v1
    mutating func enqueue(
        _ id: UUID,
        _ server: ModelServer,
        _ kind: RunRecord.Kind,
        _ requestID: String,
        priority: Int
    ) {
        tasks.append(
            ModelTask(
                id: id,
                queue: server.host,
                kind: kind,
                subject: server.id,
                requestID: requestID,
                priority: priority,
                position: newPosition(),
                availableAt: now,
                maxAttempts: maxAttempts,
                createdAt: now
            )
        )
    }

    /// compute.undo_soft_delete_v1
    private mutating func undoSoftDelete(_ id: UUID) -> Bool {
        let settled = cancelWaiting(id, onlyUnclaimed: true)
        settle(settled)
        return !settled.isEmpty
    }

    /// queue.cancel_waiting_v1
    mutating func cancelWaiting(_ subject: UUID, onlyUnclaimed: Bool) -> [ModelSettled] {
        guard let index = taskIndex(of: subject) else { return [] }
        let task = tasks[index]
        if task.status == .running || onlyUnclaimed && task.startedAt != nil { return [] }
        tasks.remove(at: index)
        ended.append(ModelEnded(task: task, status: "cancelled", token: nil, finishedAt: now))
        return [ModelSettled(id: task.id, token: nil, verdict: .finished, status: "cancelled", task: task)]
    }

    /// queue.record_done_v1
    mutating func recordDone(_ id: UUID, _ server: ModelServer, _ kind: RunRecord.Kind, _ requestID: String) {
        let task = ModelTask(
            id: id,
            queue: server.host,
            kind: kind,
            subject: server.id,
            requestID: requestID,
            priority: 0,
            position: 0,
            availableAt: now,
            maxAttempts: 1,
            createdAt: now
        )
        ended.append(ModelEnded(task: task, status: "succeeded", token: nil, finishedAt: now))
    }
}
