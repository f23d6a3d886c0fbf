import Compute
import Foundation
import Identity

/// What was asked of a server, and how it went.
extension ComputeAPI {
    func listActions(_ request: APIRequest) async throws -> Answer {
        let hasPages = request.version >= Microversion(2, 58)
        if hasPages { try ActionQueryKeys.check(request.query, request.version) }
        let server = try await knownServer(request)
        try check(.listActions, request, on: server.policyTarget)
        guard hasPages else {
            let actions = try await reading {
                try await servers.actions(of: server.id, ActionQuery(limit: settings.maximumPage))
            }
            return reply(request, body(actions, server, request, nil))
        }
        let (since, until) = try request.query.changes(request.version)
        let limit = try request.query.limit(maximum: settings.maximumPage)
        let page = try await page(
            of: server.id,
            ActionQuery(since: since, until: until, marker: request.query["marker"], limit: pageSize(limit))
        )
        let path = "servers/\(request.serverText)/os-instance-actions"
        let next = nextPage(request, path, count: page.count, last: page.last?.requestID, limit)
        return reply(request, body(page, server, request, next))
    }

    func showAction(_ request: APIRequest) async throws -> Answer {
        let server = try await knownServer(request)
        try check(.showAction, request, on: server.policyTarget)
        let requestID = request.route.parameters[1]
        guard RequestID.matches(requestID),
            let action = try await reading({ try await servers.action(requestID, of: server.id) })
        else { throw APIFault(.notFound, "Action \(requestID) not found") }
        let bodies = bodies(request, server)
        var members = bodies.members(action)
        if bodies.showsEvents {
            let events = try await reading { try await servers.events(of: requestID) }
            members.append(
                JSONMember(
                    name: "events",
                    value: .array(events.map { bodies.body($0, projectID: server.projectID) })
                )
            )
        }
        return reply(request, ["instanceAction": .object(members)])
    }

    /// The server in the URL; from 2.21 on also one that was destroyed.
    private func knownServer(_ request: APIRequest) async throws -> Server {
        try await existing(request.serverID(), request, evenDestroyed: request.version >= Microversion(2, 21))
    }

    private func body(_ actions: [ServerAction], _ server: Server, _ request: APIRequest, _ next: JSON?) -> JSON {
        let bodies = bodies(request, server)
        let list = JSON.array(actions.map { .object(bodies.members($0)) })
        guard let next else { return ["instanceActions": list] }
        return ["instanceActions": list, "links": next]
    }

    private func bodies(_ request: APIRequest, _ server: Server) -> ActionBodies {
        ActionBodies(
            request: request,
            showsHost: allows(.showEvents, request, on: server.policyTarget),
            showsCause: allows(.showEventDetails, request, on: server.policyTarget)
        )
    }

    private func page(of server: UUID, _ query: ActionQuery) async throws -> [ServerAction] {
        let unknown = APIFault(.badRequest, "Marker \(query.marker ?? "") could not be found.")
        guard query.marker.map(RequestID.matches) ?? true else { throw unknown }
        do {
            return try await reading { try await servers.actions(of: server, query) }
        } catch let error as ComputeError where error.code == .markerNotFound {
            throw unknown
        }
    }
}

/// What the query of a list of actions may look like, from 2.58 on.
enum ActionQueryKeys {
    /// - Throws: ``APIFault`` `.badRequest`.
    static func check(_ query: Query, _ version: Microversion) throws(APIFault) {
        var known = ["limit", "marker", "changes-since"]
        if version >= Microversion(2, 66) { known.append("changes-before") }
        try query.checkLimit()
        for name in known {
            if name.hasPrefix("changes-") { try query.checkTimes(name) }
            let values = query.values(name)
            guard values.count > 1 else { continue }
            let list = "[" + values.map { "'\($0)'" }.joined(separator: ", ") + "]"
            throw .query(name, list, "\(list) is too long")
        }
        try query.allow(known)
    }
}
