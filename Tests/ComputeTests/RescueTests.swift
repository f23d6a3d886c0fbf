import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A rescue", .migratedDatabase)
struct RescueTests {
    @Test(
        "that ends its task, whose lease was lost too often, leaves the server as it was, tells why, and can be asked again"
    )
    func tooManyLosses() async throws {
        try await Bin.open { bin in
            try await bin.execute(Statement("UPDATE queue.settings SET lost_lease_limit = 1"))
            let id = try await bin.softDeleted()
            let before = try await bin.server(id)
            let request = Bin.requestID()
            guard case .accepted(let task) = try await bin.restore(id, requestID: request) else {
                throw Unexpected("refused")
            }
            try await bin.loseLease()

            #expect(try await bin.store.task(task, in: Bin.owner.scope)?.status == "failed")
            var after = try await bin.server(id)
            after.updatedAt = before.updatedAt
            #expect(after == before && after.vmState == .softDelete && after.purgeAt != nil)
            let events = try await bin.store.events(of: request)
            #expect(events.map(\.result) == ["Error"])
            #expect(events.map(\.reason) == ["The worker stopped answering."])
            #expect(events.map(\.cause) == ["the lease ran out"])
            #expect(try await bin.store.action(request, of: id)?.message == "Error")

            guard case .accepted = try await bin.restore(id) else { throw Unexpected("refused") }
            try await bin.work(.succeeded)
            #expect(try await bin.server(id).vmState == .active)
        }
    }

    @Test("held up by a project's locked row keeps nobody else's from ending")
    func lockedProject() async throws {
        try await Bin.open { bin in
            try await bin.execute(Statement("UPDATE queue.settings SET lost_lease_limit = 1"))
            let (ours, others) = (try await bin.adopt(), try await bin.adopt(project: "bbbb"))
            _ = try await bin.delete(ours)
            _ = try await bin.delete(others, by: Bin.stranger)
            #expect(try await bin.claim(lease: .zero).count == 2)
            try await bin.pool.withConnection { connection in
                try await connection.transaction { connection in
                    try await connection.execute(
                        Statement("SELECT FROM compute.projects WHERE id = 'aaaa' FOR UPDATE")
                    )
                    #expect(try await bin.sweep().rescued == 1)
                    #expect(try await bin.server(others).taskState == nil)
                    #expect(try await bin.server(ours).taskState == .softDeleting)
                }
            }
            #expect(try await bin.sweep().rescued == 1)
            #expect(try await bin.server(ours).taskState == nil)
        }
    }

    @Test("of a task that a force delete waits for has it looked at, and then the force delete goes on")
    func forceDeleteWaits() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            let request = Bin.requestID()
            guard case .accepted(let restore) = try await bin.restore(id, requestID: request) else {
                throw Unexpected("refused")
            }
            let running = try #require(try await bin.claim(lease: .zero).first)
            guard case .accepted(let destroy) = try await bin.forceDelete(id) else { throw Unexpected("refused") }
            #expect(try await bin.sweep().rescued == 1)
            let looking = try #require(try await bin.claim().first)
            #expect(looking.id == restore && looking.isCancelRequested)
            try await TestDatabase.current.withPayloads(on: Worker.channel) { heard in
                try await bin.finish(looking, .cancelled)
                try await waitUntil("the workers of its host are woken") { heard.withLock { $0 == [Bin.host] } }
            }

            #expect(try await bin.store.task(restore, in: Bin.owner.scope)?.status == "cancelled")
            #expect(try await bin.store.action(request, of: id)?.message == "Cancelled")
            #expect(try await bin.server(id).taskState == .deleting)
            #expect(try await bin.finish(running, .succeeded).verdict != .finished)
            let claimed = try await bin.claim()
            #expect(claimed.map(\.id) == [destroy] && claimed.map(\.kind) == ["force_delete"])
            try await bin.finish(try #require(claimed.first), .succeeded)
            #expect(try await bin.store.server(id, in: .all) == nil)
            #expect(try await bin.store.server(id, in: .all, evenDestroyed: true)?.vmState == .deleted)
        }
    }
}
