import Compute
import Foundation
import Postgres
import Testing

/// One request as the SQL functions see it.
struct BatchRequest: Sendable {
    var server: UUID
    var caller = Bin.owner
    var requestID = Bin.requestID()

    fileprivate var projectID: String? {
        guard case .project(let id) = caller.scope else { return nil }
        return id
    }
}

/// An answer of a SQL function, without what differs from one time to the next.
struct BatchAnswer: Sendable, Hashable, CustomStringConvertible {
    var outcome: String
    var task: UUID?
    var queue: String?
    var vmState: String?
    var taskState: String?

    /// Everything but the id of the task.
    var description: String {
        [outcome, task == nil ? "no task" : "task", queue ?? "-", vmState ?? "-", taskState ?? "-"]
            .joined(separator: " ")
    }

    fileprivate init(_ row: Row) throws {
        outcome = try row.decode(String.self, "outcome")
        task = try row.decode(UUID?.self, "task_id")
        queue = try row.decode(String?.self, "queue")
        vmState = try row.decode(String?.self, "vm_state")
        taskState = try row.decode(String?.self, "task_state")
    }
}

/// What can be asked for singly and in batches.
enum BatchVerb: String, CaseIterable, Sendable {
    case restore, delete

    fileprivate var single: Statement {
        switch self {
        case .restore: Statement("SELECT * FROM compute.restore_server_v1($1, $2, $3, $4, $5, NULL)")
        case .delete: Statement("SELECT * FROM compute.delete_server_v1($1, $2, $3, $4, $5, NULL)")
        }
    }

    fileprivate var batch: Statement {
        switch self {
        case .restore:
            Statement("SELECT * FROM compute.restore_servers_v1($1, $2, $3, $4, $5, NULL) ORDER BY place")
        case .delete: Statement("SELECT * FROM compute.delete_servers_v1($1, $2, $3, $4, $5, NULL) ORDER BY place")
        }
    }
}

extension Bin {
    /// The answers of one call for all.
    func together(_ verb: BatchVerb, _ requests: [BatchRequest]) async throws -> [BatchAnswer] {
        let rows = try await pool.execute(
            verb.batch,
            [
                .uuids(requests.map(\.server)), .texts(requests.map(\.projectID)),
                .texts(requests.map(\.caller.projectID)), .texts(requests.map(\.caller.userID)),
                .texts(requests.map(\.requestID)),
            ]
        )
        #expect(try rows.map { try $0.decode(Int.self, "place") } == Array(1...requests.count))
        return try rows.map(BatchAnswer.init)
    }

    /// The answers of a call for each.
    func oneByOne(_ verb: BatchVerb, _ requests: [BatchRequest]) async throws -> [BatchAnswer] {
        var answers: [BatchAnswer] = []
        for request in requests {
            let rows = try await pool.execute(
                verb.single,
                [
                    .uuid(request.server), .text(request.projectID), .text(request.caller.projectID),
                    .text(request.caller.userID), .text(request.requestID),
                ]
            )
            answers += try rows.map(BatchAnswer.init)
        }
        return answers
    }

    /// A server in every situation, each on a host of its own.
    func serversInEverySituation() async throws -> [UUID] {
        var servers: [UUID] = []
        for situation in ServerSituation.allCases {
            let id = try await adopt(host: situation.host)
            try await bring(id, into: situation)
            servers.append(id)
        }
        return servers
    }

    /// Unfinished tasks of a project, as they are counted.
    func liveTasks(of project: String = "aaaa") async throws -> Int {
        try await value(
            Int.self,
            Statement("SELECT coalesce(max(live_tasks), 0) AS value FROM compute.projects WHERE id = $1"),
            [.text(project)]
        )
    }

    /// Projects whose count is not the number of their tasks, as phrases.
    func miscountedProjects() async throws -> [String] {
        try await value(
            [String].self,
            Statement(
                """
                SELECT coalesce(array_agg(format('%s: %s counted, %s there', id, live_tasks, there)), '{}') AS value
                FROM (
                    SELECT coalesce(p.id, t.id) AS id, coalesce(p.live_tasks, 0) AS live_tasks,
                        coalesce(t.there, 0) AS there
                    FROM compute.projects p FULL JOIN (
                        SELECT v.project_id AS id, count(*) AS there
                        FROM queue.tasks t JOIN compute.servers v ON v.id = t.subject_id
                        WHERE t.kind <> 'purge' GROUP BY v.project_id
                    ) t ON t.id = p.id
                ) c
                WHERE live_tasks <> there
                """
            )
        )
    }
}

/// What a request can find a server in.
enum ServerSituation: CaseIterable {
    case active, neverLaunched, locked, deleteWaits, deleteRuns, softDeleted, softDeletedAndLocked
    case restoring, purgeWaits, purgeRuns, destroying, destroyed

    fileprivate var host: String { "compute-\(self)" }
}

extension Bin {
    private func bring(_ id: UUID, into situation: ServerSituation) async throws {
        switch situation {
        case .active: break
        case .neverLaunched: try await set("launched_at = NULL", id)
        case .locked: try await set("locked_by = 'owner'", id)
        case .deleteWaits: _ = try await delete(id)
        case .deleteRuns:
            _ = try await delete(id)
            _ = try await claim(hosts: [situation.host])
        case .softDeleted: try await letLieInBin(id)
        case .softDeletedAndLocked:
            try await letLieInBin(id)
            try await set("locked_by = 'owner'", id)
        case .restoring:
            try await letLieInBin(id)
            _ = try await restore(id)
        case .purgeWaits:
            try await letLieInBin(id)
            try await letRetentionPass(id)
            try await sweep()
        case .purgeRuns:
            try await letLieInBin(id)
            try await letRetentionPass(id)
            try await sweep()
            _ = try await claim(hosts: [situation.host])
        case .destroying: _ = try await forceDelete(id)
        case .destroyed:
            try await set("vm_state = 'deleted', terminated_at = now()", id)
        }
    }

    private func letLieInBin(_ id: UUID) async throws {
        try await set("vm_state = 'soft-delete', deleted_at = now(), purge_at = now() + interval '1 day'", id)
    }

    private func set(_ columns: String, _ id: UUID) async throws {
        try await run("UPDATE compute.servers SET \(columns) WHERE id = '\(id)'")
    }
}
