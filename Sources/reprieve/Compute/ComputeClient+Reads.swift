import Foundation

/// What can be read through the API.
extension ComputeClient {
    /// Which servers a list is to have.
    struct ServerFilter {
        var status: String?
        var isDeleted = false
        var allProjects = false
        /// A regular expression of PostgreSQL.
        var namePattern: String?
    }

    /// Every server that passes, newest first, and the API's clock.
    func servers(_ filter: ServerFilter) async throws(CommandError) -> (servers: [RemoteServer], now: Date) {
        struct Page: Decodable {
            var servers: [RemoteServer]
            var servers_links: [Link]?
            struct Link: Decodable {}
        }
        var servers: [RemoteServer] = []
        var marker: String?
        while true {
            let answer = try await serverPage(filter, after: marker)
            let page = try answer.decode(Page.self)
            servers += page.servers
            guard page.servers_links?.isEmpty == false, let last = page.servers.last else {
                return (servers, answer.date ?? Date())
            }
            marker = last.id
        }
    }

    /// One server.
    func server(_ id: String) async throws(CommandError) -> RemoteServer {
        struct Document: Decodable { var server: RemoteServer }
        return try await get("servers", id).decode(Document.self).server
    }

    /// One task, and when the API would like to be asked again.
    func task(_ id: String) async throws(CommandError) -> (task: RemoteTask, retryAfter: Duration?) {
        struct Document: Decodable { var task: RemoteTask }
        let answer = try await get("tasks", id)
        return (try answer.decode(Document.self).task, answer.retryAfter)
    }

    /// The attempts at a task, the first first.
    func attempts(at task: RemoteTask) async throws(CommandError) -> [RemoteAttempt] {
        struct Document: Decodable {
            var instanceAction: Action
            struct Action: Decodable { var events: [RemoteAttempt]? }
        }
        // The oldest version in which owners see events, of destroyed servers too, and why an attempt failed.
        let answer = try await get("servers", task.serverID, "os-instance-actions", task.requestID, version: "2.84")
        return try answer.decode(Document.self).instanceAction.events?.reversed() ?? []
    }

    /// The newest tasks, newest first.
    func tasks(
        server: String?,
        status: String?,
        allProjects: Bool = false,
        limit: Int = 1000
    ) async throws(CommandError) -> [RemoteTask] {
        struct Document: Decodable { var tasks: [RemoteTask] }
        var query = [("limit", String(limit))]
        if let server { query.append(("server_id", server)) }
        if let status { query.append(("status", status)) }
        if allProjects { query.append(("all_tenants", "1")) }
        return try await get("tasks", query: query).decode(Document.self).tasks
    }

    private func serverPage(_ filter: ServerFilter, after marker: String?) async throws(CommandError) -> ComputeAnswer {
        var query = [("limit", "1000")]
        if let status = filter.status { query.append(("status", status)) }
        if filter.isDeleted { query.append(("deleted", "True")) }
        if filter.allProjects { query.append(("all_tenants", "1")) }
        if let pattern = filter.namePattern { query.append(("name", pattern)) }
        if let marker { query.append(("marker", marker)) }
        return try await get("servers", "detail", query: query)
    }
}
