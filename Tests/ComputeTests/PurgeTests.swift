import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Purging", .migratedDatabase)
struct PurgeTests {
    @Test("takes a server whose time has come, and no other, and leaves an action behind")
    func purges() async throws {
        try await Bin.open { bin in
            let due = try await bin.softDeleted()
            let kept = try await bin.softDeleted()
            let live = try await bin.adopt()
            try await bin.letRetentionPass(due)
            #expect(try await bin.sweep().enqueued == 1)
            #expect(try await bin.sweep().enqueued == 0)

            let task = try #require(try await bin.claim().first)
            #expect(task.kind == "purge" && task.subjectID == due)
            #expect(try await bin.store.beginDestroy(task: task.id, token: task.lease.token) == .destroy)
            try await bin.finish(task, .succeeded)
            #expect(try await bin.store.server(due, in: .all) == nil)
            #expect(try await bin.server(kept).vmState == .softDelete)
            #expect(try await bin.server(live).vmState == .active)
            let action = try #require(try await bin.store.actions(of: due).first)
            #expect(action.action == "delete" && action.requestID == task.requestID)
            #expect(try await bin.store.events(of: task.requestID).map(\.event) == ["compute_purge_instance"])
        }
    }

    @Test("looks again under lock: a hold or a later purge_at since the claim saves the server", arguments: 0..<3)
    func looksAgain(change: Int) async throws {
        let changes: [Statement] = [
            Statement("UPDATE compute.servers SET held_at = clock_timestamp() WHERE id = $1"),
            Statement("UPDATE compute.servers SET purge_at = clock_timestamp() + interval '1 hour' WHERE id = $1"),
            Statement("UPDATE compute.purge_guard SET stopped_at = clock_timestamp(), stopped_reason = $1::uuid::text"),
        ]
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            try await bin.sweep()
            let task = try #require(try await bin.claim().first)
            try await bin.execute(changes[change], [.uuid(id)])
            #expect(try await bin.store.beginDestroy(task: task.id, token: task.lease.token) != .destroy)
            try await bin.finish(task, .cancelled)
            let server = try await bin.server(id)
            #expect(server.vmState == .softDelete && server.taskState == nil && server.purgeAt != nil)
        }
    }

    @Test("that waits for its host looks again before each attempt, and does not keep the server from being restored")
    func waitingPurge() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            try await bin.sweep()
            let first = try #require(try await bin.claim().first)
            #expect(try await bin.store.beginDestroy(task: first.id, token: first.lease.token) == .destroy)
            try await bin.finish(first, .waiting(for: .zero), failure: Bin.away)
            #expect(try await bin.server(id).taskState == nil)

            #expect(try await bin.store.setHold(true, of: id))
            try await bin.sweep()
            let second = try #require(try await bin.claim().first)
            #expect(try await bin.store.beginDestroy(task: second.id, token: second.lease.token) != .destroy)
            try await bin.finish(second, .waiting(for: .zero), failure: Bin.away)
            guard case .accepted = try await bin.restore(id) else { throw Unexpected("refused") }
        }
    }

    @Test("that may have begun under a lease that was lost is not called off by a restore while it waits for its host")
    func waitsAfterALostLease() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            try await bin.sweep()
            let first = try #require(try await bin.claim(lease: .zero).first)
            #expect(try await bin.store.beginDestroy(task: first.id, token: first.lease.token) == .destroy)
            #expect(try await bin.sweep().rescued == 1)
            let second = try #require(try await bin.claim().first)
            try await bin.finish(second, .waiting(for: .zero), failure: Bin.away)
            #expect(try await bin.restore(id) == .wrongTaskState(.deleting))
        }
    }

    @Test("that was tried and is tried again is called off by a hold set meanwhile")
    func heldBetweenAttempts() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            try await bin.sweep()
            let first = try #require(try await bin.claim().first)
            #expect(try await bin.store.beginDestroy(task: first.id, token: first.lease.token) == .destroy)
            try await bin.finish(first, .retrying(after: .zero), failure: Bin.broken)
            #expect(try await bin.server(id).taskState == .deleting)
            #expect(try await bin.store.setHold(true, of: id))
            try await bin.sweep()
            let second = try #require(try await bin.claim().first)
            #expect(try await bin.store.beginDestroy(task: second.id, token: second.lease.token) != .destroy)
            try await bin.finish(second, .cancelled)
            let server = try await bin.server(id)
            #expect(server.vmState == .softDelete && server.taskState == nil)
        }
    }

    @Test("is not for a worker's first sweep, which cannot know whether the clock jumped")
    func firstSweep() async throws {
        try await Bin.open { bin in
            try await bin.letRetentionPass(try await bin.softDeleted())
            let first = try await bin.queue.sweep(SweepRequest(mayRescue: true, previous: nil, witness: nil))
            #expect(first.enqueued == 0)
            #expect(try await bin.sweep().enqueued == 1)
        }
    }

    @Test("leaves a day to ask again after a restore that was asked for in time and failed late")
    func lateFailure() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            _ = try await bin.restore(id)
            try await bin.letRetentionPass(id)
            try await bin.work(.failed, failure: Bin.broken)
            #expect(try await bin.sweep().enqueued == 0)
            try await bin.execute(
                Statement("UPDATE queue.dead SET finished_at = finished_at - interval '1 day' WHERE subject_id = $1"),
                [.uuid(id)]
            )
            #expect(try await bin.sweep().enqueued == 1)
        }
    }

    @Test("is not enqueued for a server whose restore failed while the sweep was looking")
    func failedMeanwhile() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            // While the dead letters are locked the sweep's look has begun and cannot end.
            let sweep = try await bin.pool.withConnection { connection in
                try await connection.transaction { connection in
                    try await connection.execute(Statement("LOCK TABLE queue.dead IN ACCESS EXCLUSIVE MODE"))
                    let sweep = Task { try await bin.sweep() }
                    try await waitUntil("the sweep waits") { try await bin.waiting(in: "compute.sweep_v1") == 1 }
                    try await connection.execute(Self.failedRestore, [.uuid(id)])
                    return sweep
                }
            }
            #expect(try await sweep.value.enqueued == 0)
        }
    }

    private static let failedRestore = Statement(
        """
        INSERT INTO queue.dead
        SELECT gen_random_uuid(), queue, 'restore', subject_id, request_id, payload, priority, 'failed', attempt,
            max_attempts, lost_leases, lease_token, worker_id, errors, result, trace_context, created_at, started_at,
            clock_timestamp()
        FROM queue.history WHERE subject_id = $1
        """
    )

    @Test("and a rescue that fail for one server are done for all others")
    func poison() async throws {
        try await Bin.open { bin in
            let (poisoned, sound, due) = (try await bin.adopt(), try await bin.adopt(), try await bin.softDeleted())
            for id in [poisoned, sound] { _ = try await bin.delete(id) }
            try #require(try await bin.claim(lease: .zero).count == 2)
            try await bin.letRetentionPass(due)
            try await bin.run(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'on purpose'; END $$;
                CREATE TRIGGER refuse BEFORE UPDATE ON queue.tasks
                FOR EACH ROW WHEN (old.subject_id = '\(poisoned)') EXECUTE FUNCTION refuse();
                """
            )
            let answer = try await bin.sweep()
            #expect(answer.rescued == 1 && answer.enqueued == 1)
            #expect(Set(try await bin.claim().map(\.subjectID)) == [sound, due])
        }
    }

    @Test("cannot begin under a lost lease")
    func lostLease() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            try await bin.sweep()
            let task = try #require(try await bin.claim(lease: .zero).first)
            try await bin.sweep()
            let error = await #expect(throws: ComputeError.self) {
                try await bin.store.beginDestroy(task: task.id, token: task.lease.token)
            }
            #expect(error?.code == .leaseLost)
            #expect(try await bin.server(id).taskState == nil)
        }
    }

    @Test("that failed for good waits for a person, and the server can still be restored")
    func deadPurge() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            let before = try await bin.server(id)
            try await bin.sweep()
            let task = try #require(try await bin.claim().first)
            _ = try await bin.store.beginDestroy(task: task.id, token: task.lease.token)
            try await bin.finish(task, .failed, failure: Bin.broken)
            #expect(try await bin.sweep().enqueued == 0)
            #expect(try await bin.server(id).purgeAt == before.purgeAt)
            guard case .accepted = try await bin.restore(id) else { throw Unexpected("refused") }
        }
    }

    @Test("takes at most so many servers an hour")
    func cap() async throws {
        try await Bin.open { bin in
            try await bin.execute(Statement("UPDATE compute.settings SET purges_per_hour = 2"))
            for _ in 0..<3 { try await bin.letRetentionPass(try await bin.softDeleted()) }
            #expect(try await bin.sweep().enqueued == 2)
            #expect(try await bin.sweep().enqueued == 0)
            try await bin.execute(
                Statement("UPDATE compute.purge_guard SET hour_started_at = hour_started_at - interval '1 hour'")
            )
            #expect(try await bin.sweep().enqueued == 1)
        }
    }

    @Test("stops when the clock jumped, by any witness, until an operator confirms it", arguments: 0..<3)
    func clockJump(witness: Int) async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            let seen = try #require(try await bin.sweep().sweptAt)
            try await bin.letRetentionPass(id)
            let answer: SweepAnswer
            switch witness {
            case 0:
                // Ten minutes by the database, one second by the worker.
                let tenMinutesAgo = seen.addingTimeInterval(-600)
                answer = try await bin.sweep(previous: (tenMinutesAgo, .seconds(1)))
            case 1:
                answer = try await bin.sweep(witness: seen.addingTimeInterval(-3600))
            default:
                try await bin.execute(
                    Statement("UPDATE compute.purge_guard SET last_seen_at = clock_timestamp() + interval '1 hour'")
                )
                answer = try await bin.sweep()
            }
            #expect(answer.enqueued == 0)
            #expect(answer.note?.contains("clock") == true)
            #expect(try await bin.sweep().enqueued == 0)
            #expect(try await bin.store.binStatus().stopped?.reason == answer.note)

            #expect(try await bin.store.resumePurging() == answer.note)
            #expect(try await bin.store.binStatus().stopped == nil)
            #expect(try await bin.sweep().enqueued == 1)
        }
    }

    @Test("is not stopped by clocks that agree within five minutes")
    func clocksAgree() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            let first = try await bin.sweep(witness: Date().addingTimeInterval(240))
            #expect(first.note == nil && first.enqueued == 1)
        }
    }

    @Test("holds for servers deleted from now on when the retention changes; purge_at never moves")
    func retention() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            let before = try await bin.server(id)
            try await bin.store.setRetention(.seconds(1))
            #expect(try await bin.server(id) == before)
            #expect(try await bin.store.binStatus().retention == .seconds(1))

            // What was accepted under the old one is kept as long as was promised then.
            try await bin.store.setRetention(.seconds(7 * 86400))
            let other = try await bin.adopt()
            _ = try await bin.delete(other)
            try await bin.store.setRetention(.seconds(1))
            try await bin.work(.succeeded)
            let purgeAt = try #require(try await bin.server(other).purgeAt)
            #expect(purgeAt.timeIntervalSinceNow > 6 * 86400)
        }
    }
}
