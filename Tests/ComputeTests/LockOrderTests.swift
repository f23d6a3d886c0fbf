import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("The order of locks over servers", .migratedDatabase)
struct LockOrderTests {
    private static let callers = 8
    private static let rounds = 40

    @Test("keeps requests, batches of endings and sweeps from deadlocks, and servers and tasks in step")
    func noDeadlock() async throws {
        try await Bin.open { bin in
            try await bin.execute(Statement("UPDATE queue.settings SET lost_lease_limit = 3"))
            try await bin.execute(Statement("UPDATE compute.settings SET purges_per_hour = 1000000"))
            let servers = Guarded([UUID]())
            for _ in 0..<10 {
                let id = try await bin.adopt()
                servers.withLock { $0.append(id) }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for caller in 0..<Self.callers {
                    group.addTask { try await Self.collide(bin, servers, caller: caller) }
                }
                try await group.waitForAll()
            }
            #expect(try await Self.outOfStep(bin) == [])
            #expect(try await bin.miscountedProjects() == [])
            try await Self.drain(bin)
            #expect(try await Self.outOfStep(bin) == [])
            #expect(try await bin.miscountedProjects() == [])
            #expect(try await bin.liveTasks() == 0)
        }
        // A batch that was chosen to break a deadlock is repeated, so no caller hears of it. Every session has ended,
        // so the server has counted them all.
        let deadlocks = try await TestDatabase.current.withConnection { connection in
            try await connection.execute(
                Statement("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            )
        }
        #expect(try deadlocks.first?.decode(Int.self, "deadlocks") == 0)
    }

    /// One caller that does one thing after the other, each on servers that all the others want too.
    private static func collide(_ bin: Bin, _ servers: Guarded<[UUID]>, caller: Int) async throws {
        for round in 0..<rounds {
            // In an order of its own; all of them, so that a batch of endings is about many servers.
            let ids = servers.withLock { $0.shuffled() }
            switch (caller + round) % 8 {
            case 0, 1: for id in ids { _ = try await bin.restore(id) }
            case 2: for id in ids { _ = try await bin.delete(id) }
            case 3, 4: try await endTwice(bin)
            case 5: try await bin.sweep()
            case 6: _ = try await bin.claim(limit: 2, lease: .zero)
            default: try await destroy(bin, ids[0], servers, isForced: round.isMultiple(of: 2))
            }
        }
    }

    /// Ends every task that can be claimed, twice at once and in opposite orders.
    private static func endTwice(_ bin: Bin) async throws {
        let endings = try await claimed(bin) {
            [.succeeded, .succeeded, .succeeded, .failed, .retrying(after: .zero), .released].randomElement()
        }
        async let first = bin.queue.finish(endings)
        async let second = bin.queue.finish(endings.reversed())
        let answers = try await first + second
        #expect(answers.count == 2 * endings.count)
    }

    @Test("a restore that waits for the day's part of the history holds no project: whoever makes it may want one")
    func historyBeforeProject() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            try await bin.letRetentionPass(id)
            #expect(try await bin.sweep().enqueued == 1)
            let today = try await bin.value(
                String.self,
                Statement("SELECT 'history_' || to_char(queue.clock_v1() AT TIME ZONE 'UTC', 'YYYYMMDD') AS value")
            )
            try await bin.run("DROP TABLE queue.\(today)")
            let restore = try await bin.pool.withConnection { connection in
                try await connection.transaction { connection in
                    try await connection.execute(
                        Statement("SELECT pg_advisory_xact_lock(hashtext('queue.history'), hashtext($1))"),
                        [.text(today)]
                    )
                    let restore = Task { try await bin.restore(id) }
                    try await waitUntil("the restore waits") { try await bin.waiting(in: "restore_server_v1") == 1 }
                    try await connection.execute(
                        Statement("SELECT FROM compute.projects WHERE id = 'aaaa' FOR UPDATE NOWAIT")
                    )
                    return restore
                }
            }
            guard case .accepted = try await restore.value else { throw Unexpected("refused") }
        }
    }

    /// Endings for every task that can be claimed. What destroys succeeds, or is cancelled if its server must live.
    private static func claimed(_ bin: Bin, _ verb: () -> TaskEnding.Verb?) async throws -> [TaskEnding] {
        var endings: [TaskEnding] = []
        for task in try await bin.claim() {
            var verb = try #require(verb())
            if task.kind == "purge" || task.kind == "force_delete" {
                let look = try await bin.store.beginDestroy(task: task.id, token: task.lease.token)
                verb = look == .destroy ? .succeeded : .cancelled
            }
            endings.append(TaskEnding(lease: task.held, verb: verb, failure: Bin.broken))
        }
        return endings
    }

    /// Asks for a server's end, or makes a sweep ask for it, and puts another in its place.
    private static func destroy(
        _ bin: Bin,
        _ id: UUID,
        _ servers: Guarded<[UUID]>,
        isForced: Bool
    ) async throws {
        if isForced {
            _ = try await bin.forceDelete(id)
        } else {
            try await bin.execute(
                Statement(
                    "UPDATE compute.servers SET purge_at = deleted_at WHERE id = $1 AND vm_state = 'soft-delete'"
                ),
                [.uuid(id)]
            )
        }
        let successor = try await bin.adopt()
        servers.withLock { servers in
            servers.removeAll { $0 == id }
            servers.append(successor)
        }
    }

    /// Lets everything come to its end.
    private static func drain(_ bin: Bin) async throws {
        try await waitUntil("no task is left") {
            try await bin.sweep()
            _ = try await bin.queue.finish(try await claimed(bin) { .succeeded })
            return try await bin.value(Int.self, Statement("SELECT count(*) AS value FROM queue.tasks")) == 0
        }
    }

    /// Servers whose state and whose live task tell two stories, as phrases.
    private static func outOfStep(_ bin: Bin) async throws -> [String] {
        try await bin.value([String].self, outOfStepStatement)
    }

    // A purge that has not begun does not show in its server: a restore may still cancel it.
    private static let outOfStepStatement = Statement(
        """
        SELECT coalesce(array_agg(format(
            '%s: %s, %s, task %s, waiting force delete %s',
            v.id, v.vm_state, v.task_state, t.kind, v.force_delete_request_id
        )), '{}') AS value
        FROM compute.servers v LEFT JOIN queue.tasks t ON t.subject_id = v.id
        WHERE NOT CASE t.kind
                WHEN 'soft_delete' THEN v.task_state = 'soft-deleting'
                WHEN 'restore' THEN v.task_state = 'restoring'
                WHEN 'force_delete' THEN v.task_state = 'deleting'
                WHEN 'purge' THEN coalesce(v.task_state, 'deleting') = 'deleting' AND v.vm_state = 'soft-delete'
                ELSE v.task_state IS NULL
            END IS TRUE
            OR v.vm_state NOT IN ('active', 'soft-delete', 'deleted')
            OR v.vm_state = 'deleted' AND t.id IS NOT NULL
            OR v.force_delete_request_id IS NOT NULL AND t.cancel_requested_at IS NULL
        """
    )
}
