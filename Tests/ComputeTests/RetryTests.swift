import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Retrying a failed task", .migratedDatabase)
struct RetryTests {
    @Test(
        "asks for the same again, as a request of the operator, and keeps the failed one",
        arguments: [ServerTaskKind.softDelete, .restore, .forceDelete]
    )
    func again(kind: ServerTaskKind) async throws {
        try await Bin.open { bin in
            let (id, task) = try await bin.failed(kind)
            let request = Bin.requestID()
            let retry = try await bin.store.retryTask(task, by: "operator:eve", requestID: request)
            guard case .accepted(let new, Bin.host) = retry else { throw Unexpected("\(retry)") }
            let record = try #require(try await bin.store.task(new, in: .all))
            #expect(record.kind == kind.rawValue && record.requestID == request && record.status == "queued")
            let action = try #require(try await bin.store.action(request, of: id))
            #expect(action.userID == "operator:eve" && action.projectID == "aaaa" && action.taskID == new)
            try await bin.work(.succeeded)
            let states: [ServerTaskKind: VMState] = [
                .softDelete: .softDelete, .restore: .active, .forceDelete: .deleted,
            ]
            let server = try #require(try await bin.store.server(id, in: .all, evenDestroyed: true))
            #expect(server.vmState == states[kind])
            #expect(try await bin.store.task(task, in: .all)?.status == "failed")
        }
    }

    @Test("is done once, however often it is asked for and by however many")
    func once() async throws {
        try await Bin.open { bin in
            let (id, task) = try await bin.failed(.restore)
            let outcomes = try await withThrowingTaskGroup(of: Retry.self) { group in
                for _ in 0..<8 { group.addTask { try await bin.retry(task) } }
                return try await group.reduce(into: [Retry]()) { $0.append($1) }
            }
            let accepted = outcomes.compactMap { outcome -> UUID? in
                if case .accepted(let new, _) = outcome { new } else { nil }
            }
            try #require(accepted.count == 1)
            #expect(outcomes.count { $0 == .retriedBefore(task: accepted[0]) } == 7)
            // Also when the retry has failed too, which is another dead letter.
            try await bin.work(.failed, failure: Bin.broken)
            #expect(try await bin.retry(task) == .retriedBefore(task: accepted[0]))
            #expect(try await bin.store.deadLetters().map(\.id) == accepted)
            guard case .accepted = try await bin.retry(accepted[0]) else { throw Unexpected("refused") }
            try await bin.work(.succeeded)
            #expect(try await bin.server(id).vmState == .active)
            #expect(try await bin.store.deadLetters().isEmpty)
        }
    }

    @Test("is refused as any request, and changes nothing then")
    func refused() async throws {
        try await Bin.open { bin in
            let (id, task) = try await bin.failed(.restore)
            // As an administrator's hand would: no request of anybody.
            try await bin.execute(
                Statement("UPDATE compute.servers SET task_state = 'deleting' WHERE id = $1"),
                [.uuid(id)]
            )
            #expect(try await bin.retry(task) == .refused(.wrongTaskState(.deleting)))
            try await bin.execute(
                Statement("UPDATE compute.servers SET task_state = NULL WHERE id = $1"),
                [.uuid(id)]
            )
            guard case .accepted = try await bin.retry(task) else { throw Unexpected("refused") }
        }
    }

    @Test("is refused when a later request was accepted for the server, so that no old wish undoes a new one")
    func superseded() async throws {
        try await Bin.open { bin in
            let (id, task) = try await bin.failed(.softDelete)
            _ = try await bin.delete(id)
            try await bin.work(.succeeded)
            _ = try await bin.restore(id)
            try await bin.work(.succeeded)
            #expect(try await bin.retry(task) == .superseded)
            #expect(try await bin.store.deadLetters().isEmpty)
            #expect(try await bin.server(id).vmState == .active)
            #expect(try await bin.server(id).taskState == nil)
        }
    }

    @Test("of a purge is left to the sweep, which looks at the clock, the hold and the time as ever")
    func purge() async throws {
        try await Bin.open { bin in
            let (id, task) = try await bin.failed(.purge)
            #expect(try await bin.sweep().enqueued == 0)
            #expect(try await bin.retry(task) == .leftToSweep)
            #expect(try await bin.retry(task) == .retriedBefore(task: nil))
            #expect(try await bin.store.setHold(true, of: id))
            #expect(try await bin.sweep().enqueued == 0)
            #expect(try await bin.store.setHold(false, of: id))
            #expect(try await bin.sweep().enqueued == 1)
            // A second failure blocks again, until it is asked for again.
            try await bin.work(.failed, failure: Bin.broken)
            #expect(try await bin.sweep().enqueued == 0)
            let second = try #require(try await bin.store.deadLetters().first)
            #expect(second.id != task && second.kind == "purge")
            #expect(try await bin.retry(second.id) == .leftToSweep)
            #expect(try await bin.sweep().enqueued == 1)
        }
    }

    @Test("of what has not failed, or is not there, is refused")
    func notFailed() async throws {
        try await Bin.open { bin in
            #expect(try await bin.retry(UUID()) == .notFound)
            let id = try await bin.softDeleted()
            guard case .accepted(let task) = try await bin.restore(id) else { throw Unexpected("refused") }
            #expect(try await bin.retry(task) == .notFailed)
            try await bin.work(.succeeded)
            #expect(try await bin.retry(task) == .notFailed)
        }
    }

    @Test("by filter means what passes all of it, the first that failed first")
    func filter() async throws {
        try await Bin.open { bin in
            let (server, first) = try await bin.failed(.restore)
            let (_, second) = try await bin.failed(.softDelete)
            let letters = try await bin.store.deadLetters()
            #expect(letters.map(\.id) == [first, second])
            let letter = try #require(letters.first)
            #expect(letter.kind == "restore" && letter.serverID == server && letter.projectID == "aaaa")
            #expect(letter.host == Bin.host && letter.attempt == 1 && letter.lostLeases == 0)
            #expect(letter.error?.reason == "The hypervisor reported a fault.")

            try await bin.execute(
                Statement("UPDATE queue.dead SET finished_at = finished_at - interval '1 hour' WHERE id = $1"),
                [.uuid(first)]
            )
            let expected: [(DeadLetterFilter, [UUID])] = [
                (.init(kind: .softDelete), [second]), (.init(kind: .purge), []),
                (.init(host: Bin.host), [first, second]), (.init(host: "elsewhere"), []),
                (.init(projectID: "aaaa"), [first, second]), (.init(projectID: "bbbb"), []),
                (.init(since: .seconds(1800)), [second]), (.init(since: .seconds(7200)), [first, second]),
                (.init(kind: .restore, since: .seconds(1800)), []),
            ]
            for (filter, ids) in expected {
                #expect(try await bin.store.deadLetters(filter).map(\.id) == ids, "\(filter)")
            }
        }
    }
}

@Suite("A task whose workers die again and again", .migratedDatabase)
struct LostLeaseTests {
    @Test("fails only at the limit of lost leases, each of them an event, and its server is as it was")
    func limit() async throws {
        try await Bin.open { bin in
            try await bin.execute(Statement("UPDATE compute.settings SET max_attempts = 1"))
            let id = try await bin.softDeleted()
            let before = try await bin.server(id)
            let request = Bin.requestID()
            guard case .accepted(let task) = try await bin.restore(id, requestID: request) else {
                throw Unexpected("refused")
            }
            for round in 1...20 {
                #expect(try await bin.store.task(task, in: .all)?.status == "queued")
                try await bin.loseLease()
                let events = try await bin.store.events(of: request)
                #expect(events.count == round && events.allSatisfy { $0.reason == "The worker stopped answering." })
            }
            #expect(try await bin.store.task(task, in: .all)?.status == "failed")
            var after = try await bin.server(id)
            after.updatedAt = before.updatedAt
            #expect(after == before)
        }
    }
}

extension Bin {
    /// A server whose task of this kind has failed for good.
    fileprivate func failed(_ kind: ServerTaskKind) async throws -> (id: UUID, task: UUID) {
        let id = try await kind == .softDelete ? adopt() : softDeleted()
        switch kind {
        case .softDelete: _ = try await delete(id)
        case .restore: _ = try await restore(id)
        case .forceDelete: _ = try await forceDelete(id)
        case .purge:
            try await letRetentionPass(id)
            try await sweep()
        }
        let tasks = try await claim()
        try #require(tasks.map(\.kind) == [kind.rawValue])
        try await finish(tasks[0], .failed, failure: Self.broken)
        return (id, tasks[0].id)
    }

    fileprivate func retry(_ task: UUID) async throws -> Retry {
        try await store.retryTask(task, by: "operator:eve", requestID: Self.requestID())
    }
}
