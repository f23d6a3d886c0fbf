import Compute
import Foundation
import Identity

/// Reads of servers.
extension ComputeAPI {
    func showServer(_ request: APIRequest) async throws -> Answer {
        let id = try request.serverID()
        let server = try await existing(id, request)
        try check(.show, request, on: server.policyTarget)
        return reply(request, ["server": ServerField.body(of: try await view(of: server, request))])
    }

    func listServers(_ request: APIRequest, isDetailed: Bool) async throws -> Answer {
        try ServerQueryKeys.check(request.query, request.version)
        try check(isDetailed ? .listDetail : .list, request)
        let filters = try ServerFilters(request, mayUseAll: allows(.allowAllFilters, request))
        if filters.isBogus { return reply(request, ["servers": []]) }
        let allProjects = isDetailed ? PolicyRule.listDetailAllProjects : .listAllProjects
        let scope = try listScope(request, allProjects)
        let limit = try request.query.limit(maximum: settings.maximumPage)
        let query = ServerQuery(
            scope: scope,
            states: filters.states,
            conditions: filters.conditions(in: scope),
            order: try ServerSorting.order(request),
            marker: try marker(request.query),
            limit: pageSize(limit)
        )
        let servers = try await find(query, onlyName: filters.onlyName, request)
        let bodies = try await bodies(of: servers, request, isDetailed: isDetailed)
        var members = [JSONMember(name: "servers", value: .array(bodies))]
        let path = isDetailed ? "servers/detail" : "servers"
        if let next = nextPage(request, path, count: servers.count, last: servers.last?.id.text, limit) {
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
        guard let last, count == pageSize(limit) else { return nil }
        return .array([request.links.link("next", "\(path)?\(request.query.text(marker: last))")])
    }

    /// A page of none is a page.
    func pageSize(_ limit: Int?) -> Int {
        limit ?? settings.maximumPage
    }

    /// A server as this request's caller and version see it.
    func view(of server: Server, _ request: APIRequest) async throws -> ServerView {
        try await views(of: [server], request)[0]
    }

    /// Servers as this request's caller and version see them; in the same order. What they are shown of hosts and
    /// failures is looked up once for all of them, and only when somebody sees it.
    private func views(of servers: [Server], _ request: APIRequest) async throws -> [ServerView] {
        var views = servers.map { server in
            ServerView(server, request) { allows($0, request, on: server.policyTarget) }
        }
        if views.contains(where: { $0.hostStatusSeen != .never }) {
            let hosts = Array(Set(servers.map(\.host)))
            let services = try await reading { try await self.servers.services(on: hosts) }
            let status = Dictionary(services.map { ($0.host, $0.hostStatus) }) { first, _ in first }
            for index in views.indices { views[index].findHostStatus(in: status) }
        }
        let failed = views.filter(\.showsFault).map(\.server.id)
        if !failed.isEmpty {
            let faults = try await reading { try await self.servers.faults(of: failed) }
            for index in views.indices { views[index].fault = faults[views[index].server.id] }
        }
        return views
    }

    private func bodies(of servers: [Server], _ request: APIRequest, isDetailed: Bool) async throws -> [JSON] {
        guard isDetailed else { return servers.map { ServerField.summary(of: $0, request) } }
        return try await views(of: servers, request).map { ServerField.body(of: $0, isListed: true) }
    }

    private func marker(_ query: Query) throws(APIFault) -> UUID? {
        guard let text = query["marker"] else { return nil }
        guard let marker = UUID(canonical: text) else { throw .unknownMarker(text) }
        return marker
    }

    private func find(_ query: ServerQuery, onlyName name: String?, _ request: APIRequest) async throws -> [Server] {
        guard !query.states.isEmpty else { return [] }
        let found = try await page(query, request)
        guard found.isEmpty, settings.findsDeletedByName, let name, query.limit > 0 else { return found }
        // So that a client which looks a server up by its name finds the one it wants to restore.
        var binned = query
        binned.states = [.softDelete]
        binned.conditions = [.equals(.name, name)]
        return try await page(binned, request)
    }

    private func page(_ query: ServerQuery, _ request: APIRequest) async throws -> [Server] {
        do {
            return try await reading { try await servers.servers(query) }
        } catch let error as ComputeError where error.code == .markerNotFound {
            throw APIFault.unknownMarker(query.marker?.text ?? "")
        } catch let error as ComputeError where error.code == .invalidPattern {
            throw ServerFilters.badPattern(error.message, request.query[error.message] ?? "")
        }
    }

    /// Reads, and once more when that may help.
    func reading<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        try await Persistence(patience: settings.patience).read(attempt)
    }
}
