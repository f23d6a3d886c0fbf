import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Deleting a server", .migratedDatabase)
struct DeleteTests {
    @Test("sets deleted_at when it is accepted and purge_at when it is done")
    func softDelete() async throws {
        try await Bin.open { bin in
            try await bin.store.setRetention(.seconds(3600))
            let id = try await bin.adopt()
            _ = try await bin.delete(id)
            let deleting = try await bin.server(id)
            #expect(deleting.vmState == .active && deleting.taskState == .softDeleting)
            #expect(deleting.deletedAt != nil && deleting.purgeAt == nil && deleting.deletedBy == "ann")

            try await bin.work(.succeeded)
            let server = try await bin.server(id)
            #expect(server.vmState == .softDelete && server.taskState == nil && server.powerState == 4)
            #expect(server.deletedAt == deleting.deletedAt)
            let kept = try #require(server.purgeAt).timeIntervalSince(try #require(server.deletedAt))
            #expect(kept >= 3600)
        }
    }

    @Test("a second time changes nothing: no new action, and purge_at does not move")
    func twice() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            _ = try await bin.delete(id)
            #expect(try await bin.delete(id) == .already(task: nil))
            try await bin.work(.succeeded)
            let before = try await bin.server(id)
            #expect(try await bin.delete(id) == .already(task: nil))
            #expect(try await bin.server(id) == before)
            #expect(try await bin.store.actions(of: id).map(\.action) == ["delete", "create"])
        }
    }

    @Test("during a restore is refused")
    func duringRestore() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            _ = try await bin.restore(id)
            #expect(try await bin.delete(id) == .wrongTaskState(.restoring))
        }
    }

    @Test("on a host that nobody serves waits, and stays an intent")
    func hostDown() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt(host: "compute-dead")
            guard case .accepted(let task) = try await bin.delete(id) else { throw Unexpected("refused") }
            try await bin.sweep()
            let server = try await bin.server(id)
            #expect(server.vmState == .active && server.taskState == .softDeleting)
            let record = try #require(try await bin.store.task(task, in: Bin.owner.scope))
            #expect(record.status == "queued" && record.position == 1)
            #expect(record.waitingFor == "host compute-dead, which no worker has served yet")
        }
    }

    @Test("on a host whose hypervisor does not answer waits for as long as it takes, and can be undone meanwhile")
    func hypervisorAway() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            let before = try await bin.server(id)
            let request = Bin.requestID()
            guard
                case .accepted(let task) = try await bin.store.delete(id, by: Bin.owner, requestID: request)
            else { throw Unexpected("refused") }
            for _ in 1...20 {
                try await bin.work(.waiting(for: .zero), failure: Bin.away)
                try await bin.sweep()
            }
            try await bin.work(.waiting(for: .seconds(60)), failure: Bin.away)
            let record = try #require(try await bin.store.task(task, in: Bin.owner.scope))
            #expect(record.status == "retrying" && record.attempt == 0 && record.nextAttemptAt != nil)
            #expect(record.waitingFor == "host compute-01, whose hypervisor does not answer")
            #expect(record.error?.reason == Bin.away.reason)
            // Days of waiting do not pile up: its beginning is one event.
            #expect(try await bin.store.events(of: request).map(\.reason) == [Bin.away.reason])
            #expect(try await bin.server(id).taskState == .softDeleting)

            guard case .accepted = try await bin.restore(id) else { throw Unexpected("refused") }
            var after = try await bin.server(id)
            after.updatedAt = before.updatedAt
            #expect(after == before)
        }
    }

    @Test("that was tried before its host went away cannot be undone, since something may have been touched")
    func triedBefore() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            _ = try await bin.delete(id)
            try await bin.work(.retrying(after: .zero), failure: Bin.broken)
            try await bin.sweep()
            try await bin.work(.waiting(for: .zero), failure: Bin.away)
            #expect(try await bin.restore(id) == .wrongTaskState(.softDeleting))
        }
    }

    @Test("that fails leaves the server as it was, whatever its state was")
    func failure() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            try await bin.execute(.init("UPDATE compute.servers SET vm_state = 'error' WHERE id = $1"), [.uuid(id)])
            let before = try await bin.server(id)
            _ = try await bin.delete(id)
            try await bin.work(.failed, failure: Bin.broken)
            var after = try await bin.server(id)
            after.updatedAt = before.updatedAt
            #expect(after == before)
        }
    }

    @Test("of a server that was never launched destroys it, since there is nothing to keep")
    func neverLaunched() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            try await bin.execute(.init("UPDATE compute.servers SET launched_at = NULL WHERE id = $1"), [.uuid(id)])
            _ = try await bin.delete(id)
            #expect(try await bin.claim().map(\.kind) == ["force_delete"])
        }
    }

    @Test("of another project's or an unknown server looks the same")
    func strangers() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            let before = try await bin.server(id)
            #expect(try await bin.delete(id, by: Bin.stranger) == .notFound)
            #expect(try await bin.forceDelete(id, by: Bin.stranger) == .notFound)
            #expect(try await bin.delete(UUID(), by: Bin.stranger) == .notFound)
            #expect(try await bin.server(id) == before)
        }
    }
}

@Suite("Force-deleting a server", .migratedDatabase)
struct ForceDeleteTests {
    @Test("destroys an active server", arguments: [false, true])
    func destroys(softDeletedBefore: Bool) async throws {
        try await Bin.open { bin in
            let id = softDeletedBefore ? try await bin.softDeleted() : try await bin.adopt()
            guard case .accepted(let task) = try await bin.forceDelete(id) else { throw Unexpected("refused") }
            #expect(try await bin.server(id).taskState == .deleting)
            #expect(try await bin.forceDelete(id) == .already(task: task))
            try await bin.work(.succeeded)
            #expect(try await bin.store.server(id, in: .all) == nil)
            #expect(try await bin.store.task(task, in: Bin.owner.scope)?.status == "succeeded")
        }
    }

    @Test("cancels a task that waits, in the same transaction")
    func cancelsWaiting() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            guard case .accepted(let restore) = try await bin.restore(id) else { throw Unexpected("refused") }
            _ = try await bin.forceDelete(id)
            #expect(try await bin.store.task(restore, in: Bin.owner.scope)?.status == "cancelled")
            #expect(try await bin.claim().map(\.kind) == ["force_delete"])
        }
    }

    @Test("asks a running task to stop, and follows it", arguments: [TaskEnding.Verb.cancelled, .succeeded, .failed])
    func followsRunning(ending: TaskEnding.Verb) async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            _ = try await bin.restore(id)
            let running = try #require(try await bin.claim().first)
            guard case .accepted(let task) = try await bin.forceDelete(id) else { throw Unexpected("refused") }
            #expect(try await bin.claim().isEmpty)
            let waiting = try #require(try await bin.store.task(task, in: Bin.owner.scope))
            #expect(waiting.status == "queued" && waiting.waitingFor == "the running task of this server")

            try await bin.finish(running, ending, failure: ending == .failed ? Bin.broken : nil)
            let server = try await bin.server(id)
            #expect(server.taskState == .deleting && server.deletedAt != nil)
            #expect(server.deletedBy == Bin.owner.userID)
            let destroy = try await bin.claim()
            #expect(destroy.map(\.id) == [task] && destroy.map(\.kind) == ["force_delete"])
            try await bin.finish(destroy[0], .succeeded)
            #expect(try await bin.store.server(id, in: .all) == nil)
        }
    }

    @Test("that fails leaves the server, its deletion and its purge_at as they were")
    func failure() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            let before = try await bin.server(id)
            _ = try await bin.forceDelete(id)
            try await bin.work(.failed, failure: Bin.broken)
            var after = try await bin.server(id)
            after.updatedAt = before.updatedAt
            #expect(after == before)
        }
    }
}
