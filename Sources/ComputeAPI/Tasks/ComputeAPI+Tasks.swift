import Compute
import Foundation
import Identity

/// Reads of tasks: what became of requests that were accepted.
extension ComputeAPI {
    func showTask(_ request: APIRequest) async throws -> Answer {
        try await waiting(for: request) { try await readTask(request) }
    }

    func listTasks(_ request: APIRequest) async throws -> Answer {
        try check(.listTasks, request)
        let scope = try listScope(request, .listTasksOfAllProjects)
        let filters = try TaskFilters(request.query, maximumPage: settings.maximumPage)
        let tasks = try await page(filters, scope)
        var members = [JSONMember(name: "tasks", value: .array(tasks.map { body(of: $0, request) }))]
        if let next = nextPage(request, "tasks", count: tasks.count, last: tasks.last?.id.text, filters.limit) {
            members.append(JSONMember(name: "tasks_links", value: next))
        }
        return reply(request, .object(members)).tagged(for: request.call.headers)
    }

    private func readTask(_ request: APIRequest) async throws -> TaskAnswer {
        let text = request.route.parameters[0]
        guard let id = UUID(canonical: text), let task = try await task(id, request) else {
            throw APIFault(.notFound, "Task \(text) could not be found.")
        }
        try check(.showTask, request, on: task.policyTarget)
        let shown = reply(request, ["task": body(of: task, request)])
        return TaskAnswer(task: task, answer: shown.tagged(for: request.call.headers))
    }

    private func body(of task: TaskRecord, _ request: APIRequest) -> JSON {
        TaskBody.body(of: task, request, showsCause: allows(.showEventDetails, request, on: task.policyTarget))
    }

    private func task(_ id: UUID, _ request: APIRequest) async throws -> TaskRecord? {
        try await Persistence(patience: settings.patience).read {
            try await servers.task(id, in: request.scope)
        }
    }

    private func page(_ filters: TaskFilters, _ scope: Scope) async throws -> [TaskRecord] {
        do {
            return try await Persistence(patience: settings.patience).read {
                try await servers.tasks(
                    in: scope,
                    server: filters.server,
                    status: filters.status,
                    kind: filters.kind,
                    marker: filters.marker,
                    limit: pageSize(filters.limit)
                )
            }
        } catch let error as ComputeError where error.code == .markerNotFound {
            throw APIFault.unknownMarker(filters.marker?.text ?? "")
        }
    }
}

extension TaskRecord {
    /// What rules may ask of it: whose its server is.
    fileprivate var policyTarget: PolicyTarget { PolicyTarget(projectID: projectID, userID: userID) }
}

/// A task as it was read, and what the caller would be told of it.
struct TaskAnswer {
    let task: TaskRecord
    let answer: Answer
}
