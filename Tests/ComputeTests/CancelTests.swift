import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Cancelling a task", .migratedDatabase)
struct CancelTests {
    @Test("that waits is done at once, and its server is as it was", arguments: ServerTaskKind.allCases)
    func waiting(kind: ServerTaskKind) async throws {
        try await Bin.open { bin in
            let (id, task, before) = try await bin.waiting(kind)
            #expect(try await bin.store.cancelTask(task, by: "operator:eve") == .cancelled(kind: kind.rawValue))

            var after = try await bin.server(id)
            after.updatedAt = before.updatedAt
            #expect(after == before)
            let record = try #require(try await bin.store.task(task, in: .all))
            #expect(record.status == "cancelled" && record.isFinished)
            #expect(try await bin.store.action(record.requestID, of: id)?.message == "Cancelled")
            let events = try await bin.store.events(of: record.requestID)
            #expect(events.map(\.result) == ["Error", "Success"])
            #expect(events.last?.event == "compute_cancel_task" && events.last?.cause == "by operator:eve")
            #expect(try await bin.claim().isEmpty)
        }
    }

    @Test("that retries is done at once too")
    func retrying() async throws {
        try await Bin.open { bin in
            let (id, task, before) = try await bin.waiting(.restore)
            try await bin.work(.retrying(after: .seconds(60)), failure: Bin.broken)
            #expect(try await bin.store.cancelTask(task, by: "operator:eve") == .cancelled(kind: "restore"))
            #expect(try await bin.server(id).taskState == nil)
            #expect(try await bin.server(id).purgeAt == before.purgeAt)
            guard case .accepted = try await bin.restore(id) else { throw Unexpected("refused") }
        }
    }

    @Test("that runs reaches its worker with the next heartbeat; then its server is as it was")
    func running() async throws {
        try await Bin.open { bin in
            let (id, task, before) = try await bin.waiting(.restore)
            let claimed = try #require(try await bin.claim().first)
            #expect(try await bin.heartbeat([claimed]) == [.held])
            for _ in 1...2 {
                #expect(try await bin.store.cancelTask(task, by: "operator:eve") == .asked(kind: "restore"))
            }
            #expect(try await bin.heartbeat([claimed]) == [.cancel])
            #expect(try await bin.store.task(task, in: .all)?.status == "running")
            #expect(try await bin.server(id).taskState == .restoring)

            // A worker that reports a failure instead of a cancel makes no other attempt.
            try await bin.finish(claimed, .retrying(after: .zero), failure: Bin.broken)
            #expect(try await bin.store.task(task, in: .all)?.status == "cancelled")
            var after = try await bin.server(id)
            after.updatedAt = before.updatedAt
            #expect(after == before)
        }
    }

    @Test("that runs and comes to its end before is too late")
    func tooLate() async throws {
        try await Bin.open { bin in
            let (id, task, _) = try await bin.waiting(.restore)
            let claimed = try #require(try await bin.claim().first)
            _ = try await bin.store.cancelTask(task, by: "operator:eve")
            try await bin.finish(claimed, .succeeded)
            #expect(try await bin.server(id).vmState == .active)
            #expect(try await bin.store.cancelTask(task, by: "operator:eve") == .ended(status: "succeeded"))
        }
    }

    @Test(
        "that destroys its server is refused once an attempt has begun",
        arguments: [ServerTaskKind.purge, .forceDelete]
    )
    func begun(kind: ServerTaskKind) async throws {
        try await Bin.open { bin in
            let (id, task, _) = try await bin.waiting(kind)
            let first = try #require(try await bin.claim(lease: .zero).first)
            #expect(try await bin.store.beginDestroy(task: task, token: first.lease.token) == .destroy)
            #expect(try await bin.store.cancelTask(task, by: "operator:eve") == .begun(kind: kind.rawValue))
            // Nor while it waits for another attempt.
            #expect(try await bin.sweep().rescued == 1)
            #expect(try await bin.store.cancelTask(task, by: "operator:eve") == .begun(kind: kind.rawValue))
            try await bin.work(.succeeded)
            #expect(try await bin.store.server(id, in: .all, evenDestroyed: true)?.vmState == .deleted)
        }
    }

    @Test("that is a purge whose worker has not begun saves the server")
    func beforeItBegins() async throws {
        try await Bin.open { bin in
            let (id, task, _) = try await bin.waiting(.purge)
            let claimed = try #require(try await bin.claim().first)
            #expect(try await bin.store.cancelTask(task, by: "operator:eve") == .asked(kind: "purge"))
            #expect(try await bin.store.beginDestroy(task: task, token: claimed.lease.token) == .spare)
            try await bin.finish(claimed, .cancelled)
            #expect(try await bin.server(id).vmState == .softDelete)
        }
    }

    @Test("that is not there, or waits for another of its server, changes nothing")
    func notThere() async throws {
        try await Bin.open { bin in
            #expect(try await bin.store.cancelTask(UUID(), by: "operator:eve") == .notFound)
            let (id, _, _) = try await bin.waiting(.restore)
            let running = try #require(try await bin.claim().first)
            guard case .accepted(let destroy) = try await bin.forceDelete(id) else { throw Unexpected("refused") }
            #expect(try await bin.store.cancelTask(destroy, by: "operator:eve") == .waitsForAnother)
            try await bin.finish(running, .cancelled)
            #expect(try await bin.store.cancelTask(destroy, by: "operator:eve") == .cancelled(kind: "force_delete"))
            #expect(try await bin.server(id).vmState == .softDelete)
        }
    }

    @Test("at the moment when a worker claims it either cancels it or asks the worker, never both")
    func race() async throws {
        try await Bin.open { bin in
            for _ in 0..<20 {
                let (id, task, _) = try await bin.waiting(.restore)
                async let claim = bin.claim()
                async let cancel = bin.store.cancelTask(task, by: "operator:eve")
                let (claimed, outcome) = (try await claim, try await cancel)
                if outcome == .cancelled(kind: "restore") {
                    #expect(claimed.isEmpty)
                } else {
                    #expect(outcome == .asked(kind: "restore"))
                    // The claim skips a row that the cancel holds, and comes too late or before.
                    let held = try await claimed.isEmpty ? bin.claim() : claimed
                    try await bin.finish(try #require(held.first), .cancelled)
                }
                #expect(try await bin.server(id).vmState == .softDelete)
                #expect(try await bin.server(id).taskState == nil)
            }
        }
    }
}

extension Bin {
    /// A server with a waiting task of this kind, and how the server was before.
    fileprivate func waiting(_ kind: ServerTaskKind) async throws -> (id: UUID, task: UUID, before: Server) {
        let id = try await kind == .softDelete ? adopt() : softDeleted()
        if kind == .purge { try await letRetentionPass(id) }
        let before = try await server(id)
        switch kind {
        case .softDelete: _ = try await delete(id)
        case .restore: _ = try await restore(id)
        case .forceDelete: _ = try await forceDelete(id)
        case .purge: try await sweep()
        }
        let task = try #require(try await store.tasks(in: .all, server: id, status: "queued").first)
        return (id, task.id, before)
    }

    fileprivate func heartbeat(_ tasks: [QueuedTask]) async throws -> [HeartbeatAnswer.Verdict] {
        try await queue.heartbeat(
            HeartbeatRequest(
                workerID: "hand",
                queues: [Self.host],
                version: "test",
                isStopping: false,
                leases: Dictionary(uniqueKeysWithValues: tasks.map { ($0.held, nil) }),
                leaseDuration: .seconds(30)
            )
        ).map(\.verdict)
    }
}
