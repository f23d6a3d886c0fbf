import Compute
import Foundation
import Identity

/// What was asked of a server, and how it went.
extension ComputeAPI {
    func listActions(_ request: APIRequest) async throws -> Answer {
        let server = try await knownServer(request)
        try check(.listActions, request, on: server.policyTarget)
        let actions = try await read { try await servers.actions(of: server.id, limit: settings.maximumPage) }
        guard request.version >= Microversion(2, 58) else { return reply(request, body(actions, server, request, nil)) }
        let limit = try request.query.limit(maximum: settings.maximumPage)
        let page = try page(of: actions, request, limit)
        let path = "servers/\(request.serverText)/os-instance-actions"
        let next = nextPage(request, path, count: page.count, last: page.last?.requestID, limit)
        return reply(request, body(page, server, request, next))
    }

    func showAction(_ request: APIRequest) async throws -> Answer {
        let server = try await knownServer(request)
        try check(.showAction, request, on: server.policyTarget)
        let requestID = request.route.parameters[1]
        guard RequestID.matches(requestID),
            let action = try await read({ try await servers.action(requestID, of: server.id) })
        else { throw APIFault(.notFound, "Action \(requestID) not found") }
        let bodies = bodies(request, server)
        var members = bodies.members(action)
        if bodies.showsEvents {
            let events = try await read { try await servers.events(of: requestID) }
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

    /// The actions after the marker, which is a request id.
    private func page(
        of actions: [ServerAction],
        _ request: APIRequest,
        _ limit: Int?
    ) throws(APIFault) -> [ServerAction] {
        var rest = actions[...]
        if let marker = request.query["marker"] {
            guard let index = actions.firstIndex(where: { $0.requestID == marker }) else {
                throw .unknownMarker(marker)
            }
            rest = actions[(index + 1)...]
        }
        return Array(rest.prefix(pageSize(limit)))
    }

    private func read<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        try await Persistence(patience: settings.patience).read(attempt)
    }
}
