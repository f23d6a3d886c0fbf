import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A project's list of tasks", .migratedDatabase)
struct TaskListTests {
    private static let others = 30_000

    @Test("has what administrators asked of its servers, singly and in batches, and nothing of another's")
    func ofAdministrators() async throws {
        try await Bin.open { bin in
            let mine = try await Self.askEverything(bin, of: Bin.owner.projectID)
            let foreign = try await Self.askEverything(bin, of: Bin.stranger.projectID)
            #expect(try await bin.store.tasks(in: Bin.owner.scope).map(\.id) == mine)
            #expect(try await bin.store.tasks(in: Bin.stranger.scope).map(\.id) == foreign)
        }
    }

    @Test("reads what the project did and not what others did, whatever it is asked for", arguments: [false, true])
    func plan(knowsOthers: Bool) async throws {
        // One connection, so that its plans and its statistics are all there are.
        try await Bin.open(maximumConnections: 1) { bin in
            for table in ["servers", "actions"] {
                try await bin.run("ALTER TABLE compute.\(table) SET (autovacuum_enabled = off)")
            }
            let mine = try await Self.askEverything(bin, of: Bin.owner.projectID)
            if !knowsOthers { try await bin.run("VACUUM ANALYZE compute.servers, compute.actions") }
            try await bin.run(Self.filling)
            if knowsOthers { try await bin.run("VACUUM ANALYZE compute.servers, compute.actions") }
            let before = try await Self.reads(bin, of: "compute.actions")
            try await Self.lists(bin, count: mine.count)
            let read = try await Self.reads(bin, of: "compute.actions") - before
            #expect(read < Self.others / 3, "\(read) actions or entries of their indexes were read")
        }
    }

    @Test("says what a task waits for by its host's workers alone, as every read of a task does")
    func workers() async throws {
        try await Bin.open(maximumConnections: 1) { bin in
            let id = try await bin.adopt()
            let task = try Self.accepted(await bin.delete(id))
            try await bin.run(
                """
                INSERT INTO queue.workers (id, queues, version, started_at, last_seen_at)
                SELECT 'w-' || n, array['compute-' || n], '1', now(), now() FROM generate_series(2, 5001) n;
                SELECT queue.heartbeat_v1('w-1', '{compute-01}', '1', false, '{}', '{}', '{}', 30)
                FROM generate_series(1, 100)
                """
            )
            let before = try await Self.reads(bin, of: "queue.workers")
            #expect(try await bin.store.task(task, in: Bin.owner.scope)?.waitingFor == nil)
            #expect(try await bin.store.tasks(in: Bin.owner.scope).map(\.waitingFor) == [nil])
            #expect(try await bin.store.previewRestore(of: id, in: Bin.owner.scope)?.isHostAlive == true)
            #expect(try await Self.reads(bin, of: "queue.workers") - before < 1000)
            let inPlace = Statement(
                "SELECT n_tup_hot_upd AS value FROM pg_stat_user_tables WHERE relid = 'queue.workers'::regclass"
            )
            #expect(try await bin.value(Int.self, inPlace) >= 90)
        }
    }

    /// The list with each of its filters; every one lets fewer pass than a page holds.
    private static func lists(_ bin: Bin, count: Int) async throws {
        let (scope, store) = (Bin.owner.scope, bin.store)
        let all = try await store.tasks(in: scope)
        #expect(all.count == count)
        let server = try #require(all.first).serverID
        #expect(try await store.tasks(in: scope, server: server).count == count)
        #expect(try await store.tasks(in: .all, server: server).count == count)
        #expect(try await store.tasks(in: Bin.stranger.scope, server: server).isEmpty)
        #expect(try await store.tasks(in: scope, status: "succeeded").count == count - 1)
        #expect(try await store.tasks(in: scope, status: "cancelled").count == 1)
        #expect(try await store.tasks(in: scope, status: "queued").isEmpty)
        #expect(try await store.tasks(in: scope, kind: "restore").count == 3)
        #expect(try await store.tasks(in: scope, kind: "restore", marker: all[1].id, limit: 1).count == 1)
    }

    /// A server's life in which an administrator asks everything that makes a task, newest first.
    private static func askEverything(_ bin: Bin, of project: String) async throws -> [UUID] {
        let id = try await bin.adopt(project: project)
        let request = BatchRequest(server: id, caller: Bin.administrator)
        var tasks: [UUID?] = []
        tasks.append(try accepted(await bin.delete(id, by: Bin.administrator)))
        // Undoes the delete on the spot.
        tasks.append(try accepted(await bin.restore(id, by: Bin.administrator)))
        tasks.append(try await bin.together(.delete, [request]).first?.task)
        try await bin.work(.succeeded)
        tasks.append(try accepted(await bin.restore(id, by: Bin.administrator)))
        try await bin.work(.succeeded)
        tasks.append(try accepted(await bin.delete(id, by: Bin.administrator)))
        try await bin.work(.succeeded)
        tasks.append(
            try await bin.together(.restore, [BatchRequest(server: id, caller: Bin.administrator)]).first?.task
        )
        try await bin.work(.succeeded)
        tasks.append(try accepted(await bin.forceDelete(id, by: Bin.administrator)))
        try await bin.work(.succeeded)
        // By their ids: two may have the same millisecond.
        return try tasks.map { try #require($0) }.sorted { $0.uuidString > $1.uuidString }
    }

    private static func accepted(_ outcome: RequestOutcome) throws -> UUID {
        guard case .accepted(let task) = outcome else { throw Unexpected("refused: \(outcome)") }
        return task
    }

    /// What others did later: a walk over everybody's tasks from the newest meets all of it first.
    private static let filling = """
        CREATE TEMPORARY TABLE made AS
        SELECT gen_random_uuid() AS id, queue.new_id_v1() AS task, 'req-' || gen_random_uuid() AS request, n
        FROM generate_series(1, \(others)) n;
        INSERT INTO compute.servers (
            id, project_id, user_id, name, host, vm_state, power_state, created_at, updated_at, launched_at
        )
        SELECT id, 'ffff', 'eve', 'srv-' || n, 'compute-02', 'active', 1, now(), now(), now() FROM made;
        INSERT INTO compute.actions SELECT request, id, 'ffff', 'eve', 'restore', task, now(), now(), null FROM made;
        """

    private static func reads(_ bin: Bin, of table: String) async throws -> Int {
        try await bin.flushStatistics()
        return try await bin.value(
            Int.self,
            Statement(
                """
                SELECT t.seq_tup_read + (
                    SELECT sum(i.idx_tup_read)::bigint FROM pg_stat_user_indexes i WHERE i.relid = t.relid
                ) AS value
                FROM pg_stat_user_tables t WHERE t.relid = $1::regclass
                """
            ),
            [.text(table)]
        )
    }
}
