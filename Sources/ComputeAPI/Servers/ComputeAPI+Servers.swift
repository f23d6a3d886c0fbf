import Compute
import Identity

/// Reads of servers.
extension ComputeAPI {
    func showServer(_ request: APIRequest) async throws -> Answer {
        let id = try request.serverID()
        let server = try await existing(id, request)
        try check(.show, request, on: server.policyTarget)
        let showsHost = allows(.showHost, request, on: server.policyTarget)
        return reply(request, ["server": ServerField.body(of: server, request, showsHost: showsHost)])
    }

    func listServers(_ request: APIRequest, isDetailed: Bool) async throws -> Answer {
        try check(isDetailed ? .listDetail : .list, request)
        let allProjects = isDetailed ? PolicyRule.listDetailAllProjects : .listAllProjects
        let scope = try listScope(request, allProjects)
        let filters = try ServerFilters(request, maximumPage: settings.maximumPage)
        let servers = try await find(filters, scope)
        let bodies = servers.map { server in
            isDetailed
                ? ServerField.body(
                    of: server,
                    request,
                    showsHost: allows(.showHost, request, on: server.policyTarget)
                )
                : ServerField.summary(of: server, request)
        }
        var members = [JSONMember(name: "servers", value: .array(bodies))]
        let path = isDetailed ? "servers/detail" : "servers"
        if let next = nextPage(request, path, count: servers.count, last: servers.last?.id.text, filters.limit) {
            members.append(JSONMember(name: "servers_links", value: next))
        }
        return reply(request, .object(members))
    }

    /// Whose rows a list shows: the project's, an administrator's too, unless everybody's are asked for.
    func listScope(_ request: APIRequest, _ rule: PolicyRule) throws(APIFault) -> Scope {
        guard try request.query.asksForAllProjects() else { return .project(request.credentials.projectID) }
        try check(rule, request)
        return .all
    }

    /// The link to the next page, which Nova shows whenever a page is full, even if nothing follows.
    func nextPage(_ request: APIRequest, _ path: String, count: Int, last: String?, _ limit: Int?) -> JSON? {
        guard let last, count == limit ?? settings.maximumPage else { return nil }
        return .array([request.links.link("next", "\(path)?\(request.query.text(marker: last))")])
    }

    private func find(_ filters: ServerFilters, _ scope: Scope) async throws -> [Server] {
        guard !filters.states.isEmpty else { return [] }
        var query = ServerQuery(scope: scope, states: filters.states, namePattern: filters.namePattern)
        query.marker = filters.marker
        query.limit = pageSize(filters.limit)
        let found = try await page(query)
        guard found.isEmpty, settings.findsDeletedByName, filters.isByNameOnly, let name = filters.namePattern else {
            return found
        }
        // So that a client which looks a server up by its name finds the one it wants to restore.
        query.states = [.softDelete]
        query.namePattern = nil
        query.exactName = name
        return try await page(query)
    }

    /// A limit of 0 is no wish.
    func pageSize(_ limit: Int?) -> Int {
        guard let limit, limit > 0 else { return settings.maximumPage }
        return limit
    }

    private func page(_ query: ServerQuery) async throws -> [Server] {
        do {
            return try await Persistence(patience: settings.patience).read { try await servers.servers(query) }
        } catch let error as ComputeError where error.code == .markerNotFound {
            throw APIFault.unknownMarker(query.marker?.text ?? "")
        } catch let error as ComputeError where error.code == .invalidPattern {
            throw ServerFilters.badName(query.namePattern ?? "")
        }
    }
}
