import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Restoring a server", .migratedDatabase)
struct RestoreTests {
    @Test("goes through restoring back to active, and forgets the deletion")
    func restores() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            let outcome = try await bin.restore(id)
            guard case .accepted(let task) = outcome else { throw Unexpected(outcome) }
            let restoring = try await bin.server(id)
            #expect(restoring.vmState == .softDelete)
            #expect(restoring.taskState == .restoring)
            #expect(restoring.purgeAt != nil)

            try await bin.work(.succeeded)
            let server = try await bin.server(id)
            #expect(server.vmState == .active)
            #expect(server.taskState == nil)
            #expect(server.powerState == 1)
            #expect(server.deletedAt == nil && server.purgeAt == nil && server.deletedBy == nil)
            #expect(try await bin.store.task(task, in: Bin.owner.scope)?.status == "succeeded")
        }
    }

    @Test("of 64 at once exactly one is accepted, and one task exists")
    func oneWinner() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            let outcomes = try await withThrowingTaskGroup { group in
                for _ in 0..<64 { group.addTask { try await bin.restore(id) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { if case .accepted = $0 { true } else { false } } == 1)
            #expect(outcomes.count { $0 == .wrongTaskState(.restoring) } == 63)
            #expect(try await bin.claim().count == 1)
        }
    }

    @Test("asked again with the same request id gives the first answer, also after the server is active")
    func replay() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            let request = Bin.requestID()
            let first = try await bin.restore(id, requestID: request)
            #expect(try await bin.restore(id, requestID: request) == first)
            try await bin.work(.succeeded)
            #expect(try await bin.restore(id, requestID: request) == first)
            #expect(try await bin.claim().isEmpty)
        }
    }

    @Test("that fails for good leaves the server as it was, tells why, and can be asked again")
    func failedRestore() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            let before = try await bin.server(id)
            for _ in 1...3 {
                let request = Bin.requestID()
                guard case .accepted(let task) = try await bin.restore(id, requestID: request) else {
                    throw Unexpected("the restore was refused")
                }
                try await bin.work(.failed, failure: Bin.broken)

                let after = try await bin.server(id)
                #expect(after.vmState == .softDelete)
                #expect(after.taskState == nil)
                #expect(after.deletedAt == before.deletedAt)
                #expect(after.purgeAt == before.purgeAt)
                #expect(after.deletedBy == before.deletedBy)
                let event = try #require(try await bin.store.events(of: request).first)
                #expect(event.result == "Error")
                #expect(event.reason == Bin.broken.reason)
                #expect(event.cause == Bin.broken.cause)
                #expect(try await bin.store.action(request, of: id)?.message == "Error")
                #expect(try await bin.store.task(task, in: Bin.owner.scope)?.status == "failed")
            }
            // The retention has not passed, so no sweep may touch it: this is what Nova does wrong.
            #expect(try await bin.sweep().enqueued == 0)
            _ = try await bin.restore(id)
            try await bin.work(.succeeded)
            #expect(try await bin.server(id).vmState == .active)
        }
    }

    @Test("in backoff keeps restoring, and is tried again when due")
    func retry() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            _ = try await bin.restore(id)
            try await bin.work(.retrying(after: .zero), failure: Bin.broken)
            #expect(try await bin.server(id).taskState == .restoring)
            #expect(try await bin.claim().isEmpty)
            try await bin.sweep()
            try await bin.work(.succeeded)
            #expect(try await bin.server(id).vmState == .active)
        }
    }

    @Test("undoes a soft delete that no worker has claimed, on the spot, with a task that has succeeded")
    func undo() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            let before = try await bin.server(id)
            _ = try await bin.delete(id)
            let request = Bin.requestID()
            guard case .accepted(let task) = try await bin.restore(id, requestID: request) else {
                throw Unexpected("the restore was refused")
            }
            let after = try await bin.server(id)
            #expect(after.vmState == .active && after.taskState == nil)
            #expect(after.deletedAt == nil && after.deletedBy == nil && after.purgeAt == before.purgeAt)
            #expect(try await bin.claim().isEmpty)
            #expect(try await bin.store.task(task, in: Bin.owner.scope)?.status == "succeeded")
            #expect(try await bin.store.events(of: request).first?.result == "Success")
            #expect(try await bin.restore(id, requestID: request) == .accepted(task: task))
        }
    }

    @Test("is refused while a claimed soft delete runs, also after it was handed back")
    func claimedSoftDelete() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            _ = try await bin.delete(id)
            let task = try #require(try await bin.claim().first)
            #expect(try await bin.restore(id) == .wrongTaskState(.softDeleting))
            try await bin.finish(task, .released)
            #expect(try await bin.restore(id) == .wrongTaskState(.softDeleting))
            try await bin.work(.succeeded)
            guard case .accepted = try await bin.restore(id) else { throw Unexpected("refused") }
        }
    }

    @Test("is refused for a server that is active, unknown, another project's or destroyed")
    func refusals() async throws {
        try await Bin.open { bin in
            let active = try await bin.adopt()
            #expect(try await bin.restore(active) == .wrongVMState(.active))
            #expect(try await bin.restore(UUID()) == .notFound)

            let deleted = try await bin.softDeleted()
            #expect(try await bin.restore(deleted, by: Bin.stranger) == .notFound)
            #expect(try await bin.server(deleted).taskState == nil)

            _ = try await bin.forceDelete(deleted)
            #expect(try await bin.restore(deleted) == .wrongTaskState(.deleting))
            try await bin.work(.succeeded)
            #expect(try await bin.restore(deleted) == .notFound)
            #expect(try await bin.restore(deleted, by: Bin.administrator) == .notFound)
        }
    }

    @Test("of anybody's server is an administrator's right, and the action names who asked")
    func administrator() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            let request = Bin.requestID()
            guard case .accepted = try await bin.restore(id, by: Bin.administrator, requestID: request) else {
                throw Unexpected("refused")
            }
            let action = try #require(try await bin.store.action(request, of: id))
            #expect(action.userID == "root" && action.projectID == "cccc" && action.action == "restore")
        }
    }

    @Test("of a locked server is the administrator's alone")
    func locked() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.execute(.init("UPDATE compute.servers SET locked_by = 'owner' WHERE id = $1"), [.uuid(id)])
            #expect(try await bin.restore(id) == .locked)
            guard case .accepted = try await bin.restore(id, by: Bin.administrator) else { throw Unexpected("refused") }
        }
    }

    @Test("cancels a purge that no worker has claimed, and not one that was")
    func duePurge() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            #expect(try await bin.sweep().enqueued == 1)
            guard case .accepted = try await bin.restore(id) else { throw Unexpected("refused") }
            try await bin.work(.succeeded)
            #expect(try await bin.server(id).vmState == .active)

            let other = try await bin.softDeleted()
            try await bin.letRetentionPass(other)
            #expect(try await bin.sweep().enqueued == 1)
            #expect(try await bin.claim().map(\.kind) == ["purge"])
            #expect(try await bin.restore(other) == .wrongTaskState(.deleting))
        }
    }

    @Test("by a worker that lost its lease has no effect on the server")
    func lateWorker() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            _ = try await bin.restore(id)
            let late = try #require(try await bin.claim(lease: .zero).first)
            #expect(try await bin.sweep().rescued == 1)
            let current = try #require(try await bin.claim().first)
            #expect(current.lease.token > late.lease.token)

            #expect(try await bin.finish(late, .failed, failure: Bin.broken).verdict == .lost)
            #expect(try await bin.server(id).taskState == .restoring)
            #expect(try await bin.finish(current, .succeeded).verdict == .finished)
            #expect(try await bin.finish(late, .succeeded).verdict == .lost)
            #expect(try await bin.server(id).vmState == .active)
            // The lost lease is an attempt that everybody can see.
            let events = try await bin.store.events(of: current.requestID)
            #expect(events.map(\.result) == ["Success", "Error"])
            #expect(events.last?.cause == "the lease ran out")
            let task = try #require(try await bin.store.task(current.id, in: Bin.owner.scope))
            #expect(task.status == "succeeded" && task.error == nil)
        }
    }
}

/// What should not have been.
struct Unexpected: Error, CustomStringConvertible {
    var description: String
    init(_ value: some Any) { description = "unexpected: \(value)" }
}
