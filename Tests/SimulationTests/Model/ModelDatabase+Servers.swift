import Compute
import Foundation
import TestSupport

@testable import TaskQueue

/// What becomes of servers when tasks end, and purging.
extension ModelDatabase {
    /// compute.settle_v1
    mutating func settle(_ settled: [ModelSettled]) {
        for one in settled where one.hasEnded {
            guard let task = one.task, let index = serverIndex(task.subject) else { continue }
            if one.verdict == .rescued, isBroken(.rescueForgetsServer) { continue }
            guard servers[index].vmState != "deleted" else { continue }
            if one.status == "succeeded" {
                succeed(task.kind, &servers[index])
            } else {
                fail(task.kind, &servers[index])
            }
            servers[index].taskState = nil
        }
        for one in settled where one.verdict == .waiting && one.task?.kind == .purge {
            guard let subject = one.task?.subject, let index = serverIndex(subject) else { continue }
            // An attempt before this one may have destroyed the server.
            guard tasks.first(where: { $0.subject == subject })?.startedAt == nil else { continue }
            servers[index].taskState = nil
        }
        for one in settled {
            noteEvent(one)
            if isBroken(.retryMovesPurgeAt), one.status == "retrying", let subject = one.task?.subject,
                let index = serverIndex(subject), servers[index].purgeAt != nil
            {
                servers[index].purgeAt = now
            }
        }
        startWaitingForceDeletes(settled.filter(\.hasEnded).compactMap { $0.task?.subject })
    }

    private func succeed(_ kind: RunRecord.Kind, _ server: inout ModelServer) {
        switch kind {
        case .softDelete:
            (server.vmState, server.powerState) = ("soft-delete", 4)
            server.purgeAt = now + (server.keepFor ?? 0)
            server.deletedAt = server.deletedAt ?? now
        case .restore:
            (server.vmState, server.powerState) = ("active", 1)
            (server.purgeAt, server.deletedAt) = (nil, nil)
        case .purge, .forceDelete:
            (server.vmState, server.powerState) = ("deleted", 0)
            server.deletedAt = server.deletedAt ?? now
        }
    }

    private func fail(_ kind: RunRecord.Kind, _ server: inout ModelServer) {
        if server.vmState != "soft-delete" { server.deletedAt = nil }
        // As Nova does it: the next purge finds a server whose time has come.
        if isBroken(.failedRestoreClearsDates), kind == .restore { server.purgeAt = now }
    }

    private mutating func noteEvent(_ one: ModelSettled) {
        guard let task = one.task else { return }
        switch one.verdict {
        case .finished where one.status == "queued": return
        case .waiting where one.error == nil: return
        case .finished, .rescued, .waiting:
            events.append(
                ModelEvent(
                    requestID: task.requestID,
                    kind: task.kind,
                    attempt: task.attempt,
                    isSuccess: one.status == "succeeded"
                )
            )
        case .again, .lost: return
        }
    }

    /// compute.start_waiting_force_deletes_v1
    private mutating func startWaitingForceDeletes(_ subjects: [UUID]) {
        for subject in Set(subjects).sorted(by: { $0.uuidString < $1.uuidString }) {
            guard let index = serverIndex(subject), let request = servers[index].waitingForceDelete,
                let action = actions[request]
            else { continue }
            servers[index].waitingForceDelete = nil
            if servers[index].vmState == "deleted" {
                recordDone(action.task, servers[index], .forceDelete, request)
            } else {
                servers[index].taskState = "deleting"
                servers[index].deletedAt = servers[index].deletedAt ?? action.start
                enqueue(action.task, servers[index], .forceDelete, request, priority: 0)
            }
        }
    }

    /// compute.sweep_v1; `elapsed` by the caller's monotonic clock since it was told `previous`.
    mutating func sweep(
        mayRescue: Bool,
        previous: Date?,
        elapsed: TimeInterval?,
        witness: Date?,
        limit: Int = 200
    ) -> (rescued: Int, enqueued: Int, woken: Set<String>) {
        var woken = promoteDue(limit: limit)
        var settled: [ModelSettled] = []
        if mayRescue {
            settled = rescue(limit: limit)
            settle(settled)
        }
        let purged = enqueueDuePurges(limit: limit, previous: previous, elapsed: elapsed, witness: witness)
        woken.formUnion(settled.filter { $0.status == "queued" }.compactMap { $0.task?.queue })
        return (settled.count, purged.count, woken.union(purged))
    }

    /// compute.enqueue_due_purges_v1
    private mutating func enqueueDuePurges(
        limit: Int,
        previous: Date?,
        elapsed: TimeInterval?,
        witness: Date?
    ) -> [String] {
        let isAllowed = isPurgingAllowed(previous: previous, elapsed: elapsed, witness: witness)
        guard isAllowed, previous != nil else { return [] }
        if guardRow.hourStartedAt.map({ $0 <= now - 3600 }) ?? true {
            (guardRow.hourStartedAt, guardRow.hourCount) = (now, 0)
        }
        let room = max(0, min(limit, purgesPerHour - guardRow.hourCount))
        let due = servers.filter(isDue).sorted { ($0.purgeAt ?? now) < ($1.purgeAt ?? now) }.prefix(room)
        for server in due {
            let task = newID()
            let request = "purge-\(task.uuidString)"
            actions[request] = Action(server: server.id, task: task, start: now)
            enqueue(task, server, .purge, request, priority: 2)
        }
        guardRow.hourCount += due.count
        return due.map(\.host)
    }

    private func isDue(_ server: ModelServer) -> Bool {
        guard server.vmState == "soft-delete", server.taskState == nil, !server.isHeld, let purgeAt = server.purgeAt,
            purgeAt <= now || isBroken(.purgeBeforeItsTime), taskIndex(of: server.id) == nil
        else { return false }
        return !ended.contains {
            guard $0.status == "failed", $0.task.subject == server.id else { return false }
            return $0.task.kind == .purge && $0.task.createdAt > (server.deletedAt ?? .distantFuture)
                || $0.task.kind == .restore && $0.finishedAt > now - 86_400
        }
    }

    /// compute.purging_allowed_v1
    private mutating func isPurgingAllowed(previous: Date?, elapsed: TimeInterval?, witness: Date?) -> Bool {
        guard !guardRow.isStopped else { return false }
        let most: TimeInterval = 300
        let drift = previous.flatMap { previous in elapsed.map { now.timeIntervalSince(previous) - $0 } }
        let isJump =
            drift.map { abs($0) > most } ?? false
            || guardRow.lastSeenAt.map { $0 > now + most } ?? false
            || witness.map { abs(now.timeIntervalSince($0)) > most } ?? false
        guard !isJump else {
            guardRow.isStopped = true
            return false
        }
        if guardRow.lastSeenAt.map({ $0 < now - 60 }) ?? true { guardRow.lastSeenAt = now }
        return true
    }

    /// compute.begin_destroy_v2; nil: the lease is lost.
    mutating func beginDestroy(_ id: UUID, token: Int64) -> ServerStore.LastLook? {
        guard let task = tasks.first(where: { $0.id == id && $0.lease?.token == token }),
            let index = serverIndex(task.subject)
        else { return nil }
        if servers[index].vmState == "deleted" { return .look }
        if task.kind == .forceDelete || isBroken(.purgeLooksOnce) { return .destroy }
        guard servers[index].vmState == "soft-delete", (servers[index].taskState ?? "deleting") == "deleting",
            !servers[index].isHeld, servers[index].purgeAt.map({ $0 <= now }) ?? false, !guardRow.isStopped,
            !task.isCancelRequested
        else { return servers[index].taskState == "deleting" ? .look : .spare }
        servers[index].taskState = "deleting"
        return .destroy
    }
}
