import Compute
import Foundation
import Identity

/// Reads of tasks: what became of requests that were accepted.
extension ComputeAPI {
    func showTask(_ request: APIRequest) async throws -> Answer {
        let text = request.route.parameters[0]
        guard let id = UUID(canonical: text), let task = try await task(id, request) else {
            throw APIFault(.notFound, "Task \(text) could not be found.")
        }
        try check(.showTask, request, on: PolicyTarget(projectID: task.projectID))
        return reply(request, ["task": TaskBody.body(of: task, request)])
    }

    func listTasks(_ request: APIRequest) async throws -> Answer {
        try check(.listTasks, request)
        let scope = try listScope(request, .listTasksOfAllProjects)
        let filters = try TaskFilters(request.query, maximumPage: settings.maximumPage)
        let tasks = try await Persistence(patience: settings.patience).read {
            try await servers.tasks(
                in: scope,
                server: filters.server,
                status: filters.status,
                kind: filters.kind,
                limit: pageSize(filters.limit)
            )
        }
        return reply(request, ["tasks": .array(tasks.map { TaskBody.body(of: $0, request) })])
    }

    private func task(_ id: UUID, _ request: APIRequest) async throws -> TaskRecord? {
        try await Persistence(patience: settings.patience).read {
            try await servers.task(id, in: request.scope)
        }
    }
}
