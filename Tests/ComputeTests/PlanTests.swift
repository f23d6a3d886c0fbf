import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Plans that were made before there were many servers", .migratedDatabase)
struct PlanTests {
    private static let servers = 60_000
    private static let tables = ["compute.servers", "compute.actions", "compute.events", "queue.tasks"]

    /// When the server last took statistics: it may at any time, and makes its plans anew then.
    enum Statistics: CaseIterable {
        case ofEmptyTables, ofSmallTables, ofFullTables
    }

    @Test("never read servers, actions, events or tasks from end to end", arguments: Statistics.allCases)
    func neverAll(statistics: Statistics) async throws {
        // One connection, so that its plans and its statistics are all there are.
        try await Bin.open(maximumConnections: 1) { bin in
            // Statistics are taken when this test says so, and only then.
            for table in Self.tables { try await bin.run("ALTER TABLE \(table) SET (autovacuum_enabled = off)") }
            try await Self.fixPlans(bin)
            if statistics == .ofSmallTables { try await Self.fixPlans(bin) }
            try await bin.run(Self.filling)
            if statistics == .ofFullTables { try await Self.fixPlans(bin) }
            let before = try await Self.reads(bin)
            try await Self.everything(bin)
            let after = try await Self.reads(bin)
            for table in Self.tables {
                let read = after[table, default: 0] - before[table, default: 0]
                // One walk over a table reads as many; dead entries that nobody has vacuumed yet are up to 20,000.
                #expect(read < Self.servers, "\(read) rows or entries of \(table) were read")
            }
        }
    }

    /// Takes statistics, and calls everything more often than a plan made for one call is tried: its plans are fixed.
    private static func fixPlans(_ bin: Bin) async throws {
        for table in tables { try await bin.run("VACUUM ANALYZE \(table)") }
        for _ in 0..<10 { try await everything(bin) }
    }

    /// Every call on a server, and every end that its tasks can have.
    private static func everything(_ bin: Bin) async throws {
        let id = try await bin.adopt()
        _ = try await bin.delete(id)
        guard case .accepted = try await bin.restore(id) else { throw Unexpected("the delete was not undone") }
        _ = try await bin.delete(id)
        try await bin.work(.succeeded)
        let request = Bin.requestID()
        guard case .accepted(let task) = try await bin.restore(id, requestID: request) else {
            throw Unexpected("refused")
        }
        try await reads(bin, of: id, request, task)
        try await bin.loseLease()
        try await bin.work(.retrying(after: .zero), failure: Bin.broken)
        try await bin.sweep()
        try await bin.work(.failed, failure: Bin.broken)
        _ = try await bin.restore(id)
        let running = try #require(try await bin.claim().first)
        _ = try await bin.forceDelete(id)
        try await bin.finish(running, .cancelled)
        let destroy = try #require(try await bin.claim().first)
        _ = try await bin.store.beginDestroy(task: destroy.id, token: destroy.lease.token)
        try await bin.finish(destroy, .succeeded)
        try await reads(bin, of: id, request, task)
        try await purge(bin)
        try await inBatches(bin)
    }

    /// Requests, endings, rescues and force deletes of many servers in one call each: for one alone a plan that was
    /// made for the very values is always the cheapest, and no other is ever kept.
    private static func inBatches(_ bin: Bin) async throws {
        var ids: [UUID] = []
        for _ in 0..<20 { ids.append(try await bin.adopt()) }
        _ = try await bin.together(.delete, ids.map { BatchRequest(server: $0) })
        try await endAll(bin, .succeeded, count: ids.count)
        let answers = try await bin.together(.restore, ids.map { BatchRequest(server: $0) })
        // Each counts those before it, and the dead entries of all that were claimed: of a few that is little.
        let shown = answers.prefix(5)
        try await bin.execute(
            Statement("SELECT * FROM compute.show_tasks_v2($1, $2)"),
            [.uuids(shown.map(\.task)), .texts(shown.map { _ in "aaaa" })]
        )
        try #require(try await bin.claim(lease: .zero).count == ids.count)
        for id in ids { _ = try await bin.forceDelete(id) }
        #expect(try await bin.sweep().rescued == ids.count)
        try await endAll(bin, .cancelled, count: ids.count)
        try await endAll(bin, .succeeded, count: ids.count)
    }

    private static func endAll(_ bin: Bin, _ verb: TaskEnding.Verb, count: Int) async throws {
        let tasks = try await bin.claim()
        try #require(tasks.count == count)
        _ = try await bin.queue.finish(tasks.map { TaskEnding(lease: $0.held, verb: verb) })
    }

    private static func purge(_ bin: Bin) async throws {
        let id = try await bin.softDeleted()
        try await bin.letRetentionPass(id)
        #expect(try await bin.sweep().enqueued == 1)
        let purge = try #require(try await bin.claim().first)
        #expect(try await bin.store.beginDestroy(task: purge.id, token: purge.lease.token) == .destroy)
        try await bin.finish(purge, .succeeded)
    }

    /// What a client that polls asks for.
    private static func reads(_ bin: Bin, of id: UUID, _ request: String, _ task: UUID) async throws {
        _ = try await bin.store.server(id, in: Bin.owner.scope, evenDestroyed: true)
        _ = try await bin.store.actions(of: id)
        _ = try await bin.store.action(request, of: id)
        _ = try await bin.store.events(of: request)
        _ = try await bin.store.task(task, in: Bin.owner.scope)
        // A task that the history has forgotten while its action is still there.
        try await bin.run("DELETE FROM queue.history WHERE id = '\(task)'")
        _ = try await bin.store.task(task, in: Bin.owner.scope)
    }

    /// Servers being restored on another host, each with its action, an event and its task.
    private static let filling = """
        CREATE TEMPORARY TABLE made AS
        SELECT gen_random_uuid() AS id, gen_random_uuid() AS task, 'req-' || gen_random_uuid() AS request, n
        FROM generate_series(1, \(servers)) n;
        INSERT INTO compute.servers (
            id, project_id, user_id, name, host, vm_state, task_state, power_state, created_at, updated_at, launched_at,
            deleted_at, purge_at
        )
        SELECT id, 'ffff', 'eve', 'srv-' || n, 'compute-02', 'soft-delete', 'restoring', 4, now(), now(), now(), now(),
            now() + interval '7 days'
        FROM made;
        INSERT INTO compute.actions SELECT request, id, 'ffff', 'eve', 'restore', task, now(), now(), null FROM made;
        INSERT INTO compute.events (request_id, event, start_time, finish_time, result)
        SELECT request, 'compute_restore_instance', now(), now(), 'Error' FROM made;
        INSERT INTO queue.tasks (
            id, queue, kind, subject_id, request_id, priority, position, status, available_at, max_attempts, created_at
        )
        SELECT task, 'compute-02', 'restore', id, request, 0, nextval('queue.position_seq'), 'queued', now(), 5, now()
        FROM made;
        """

    /// Rows and entries of indexes read so far, by table.
    private static func reads(_ bin: Bin) async throws -> [String: Int] {
        try await bin.flushStatistics()
        var reads: [String: Int] = [:]
        for table in tables {
            reads[table] = try await bin.value(
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
        return reads
    }
}
