import Compute
import Foundation
import Hypervisor
import Postgres
import TestSupport
import Testing

/// What a chaos run left behind, read from the database and from the journals of the hardware.
struct ChaosRecord {
    var run = RunRecord()
    var lostLeases = 0

    private struct Action {
        var requestID: String
        var server: UUID
        var task: UUID
        var kind: RunRecord.Kind
    }

    private var watch: ChaosWatch

    init(of stage: ChaosStage) async throws {
        let (watch, tasks, actions, lost) = try await stage.fleet.database.withConnection { connection in
            (
                try await ChaosWatch(connection), try await Self.tasks(connection), try await Self.actions(connection),
                try await Self.lostLeases(connection)
            )
        }
        self.watch = watch
        lostLeases = lost
        run.knowsEveryDate = true
        run.tasks = tasks
        run.requests = requests(stage.ledger.all.sent, actions)
        for target in stage.roster.all { try await read(target, stage) }
    }

    // MARK: The database

    private static func tasks(_ connection: Connection) async throws -> [RunRecord.TaskRow] {
        let rows = try await connection.execute(
            Statement(
                """
                SELECT id, request_id, subject_id, kind, status, lease_token, 'history' AS place, finished_at
                FROM queue.history
                UNION ALL SELECT id, request_id, subject_id, kind, status, lease_token, 'dead', finished_at
                FROM queue.dead
                UNION ALL SELECT id, request_id, subject_id, kind, status, NULL, 'tasks', NULL FROM queue.tasks
                UNION ALL SELECT a.task_id, a.request_id, v.id, 'force_delete', 'queued', NULL, 'waiting', NULL
                FROM compute.servers v JOIN compute.actions a ON a.request_id = v.force_delete_request_id
                ORDER BY finished_at NULLS LAST
                """
            )
        )
        return try rows.map { row in
            RunRecord.TaskRow(
                id: try row.decode(UUID.self, "id"),
                requestID: try row.decode(String.self, "request_id"),
                server: try row.decode(UUID.self, "subject_id"),
                kind: try #require(RunRecord.Kind(rawValue: row.decode(String.self, "kind"))),
                status: try row.decode(String.self, "status"),
                place: try #require(RunRecord.TaskRow.Place(rawValue: row.decode(String.self, "place"))),
                token: try row.decode(Int64?.self, "lease_token")
            )
        }
    }

    private static func actions(_ connection: Connection) async throws -> [Action] {
        let rows = try await connection.execute(
            Statement("SELECT request_id, server_id, task_id, action FROM compute.actions WHERE task_id IS NOT NULL")
        )
        return try rows.map { row in
            Action(
                requestID: try row.decode(String.self, "request_id"),
                server: try row.decode(UUID.self, "server_id"),
                task: try row.decode(UUID.self, "task_id"),
                kind: try row.decode(String.self, "action") == "restore" ? .restore : .softDelete
            )
        }
    }

    private static func lostLeases(_ connection: Connection) async throws -> Int {
        let rows = try await connection.execute(
            Statement(
                """
                SELECT coalesce(sum(lost_leases), 0)::bigint AS lost
                FROM (SELECT lost_leases FROM queue.history UNION ALL SELECT lost_leases FROM queue.dead) ended
                """
            )
        )
        return try rows.first?.decode(Int.self, "lost") ?? 0
    }

    // MARK: Requests

    /// What clients know, and what the database took on though no client heard of it.
    private func requests(_ sent: [ChaosLedger.Sent], _ actions: [Action]) -> [RunRecord.Request] {
        let recorded = Dictionary(grouping: actions, by: \.requestID)
        let known = Set(sent.map(\.request.id))
        return sent.map { sent in
            var request = sent.request
            // A delete of what is deleted is answered as any other, and makes no action.
            if request.answer == .accepted(task: nil), request.kind == .softDelete, recorded[request.id] == nil,
                watch.wasDeleted(request.server, between: sent.sentAt, and: sent.answeredAt)
            {
                request.answer = .refused
            }
            return request
        }
            + actions.filter { !known.contains($0.requestID) }.map {
                .init(id: $0.requestID, server: $0.server, kind: $0.kind, answer: .accepted(task: $0.task))
            }
    }

    // MARK: Servers and their hardware

    private mutating func read(_ target: ChaosRoster.Target, _ stage: ChaosStage) async throws {
        let row = try await stage.fleet.store.server(target.id, in: .all, evenDestroyed: true)
        let journal = try await stage.fleet.host(target.host).journal(of: target.id)
        run.servers.append(
            .init(
                id: target.id,
                vmState: row?.vmState.rawValue,
                taskState: row?.taskState?.rawValue,
                deletedAt: row?.deletedAt,
                purgeAt: row?.purgeAt,
                powerState: journal.last.flatMap { $0.defined ? $0.powerState : nil }
            )
        )
        run.dates += (watch.servers[target.id] ?? []).map {
            .init(server: $0.server, deletedAt: $0.deletedAt, purgeAt: $0.purgeAt)
        }
        run.effects += journal.map { entry in
            .init(
                server: entry.server,
                operation: entry.operation,
                fence: entry.fence,
                changed: entry.effective,
                task: entry.fence.flatMap { watch.taskOfToken[$0.token] },
                leaseWasLive: entry.fence.map { watch.isLive($0.token, at: entry.at) },
                at: entry.at
            )
        }
    }
}
