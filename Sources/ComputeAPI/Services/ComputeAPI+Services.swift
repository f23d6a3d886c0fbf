import Compute
import Foundation
import HTTPTypes
import Identity

/// The hosts, as services. A disabled host's tasks wait; see ``ComputeService``.
extension ComputeAPI {
    private static let byID = Microversion(2, 53)

    func listServices(_ request: APIRequest) async throws -> Answer {
        try request.allowQuery(["host", "binary"])
        try check(.listServices, request)
        let (host, binary) = (request.query["host"] ?? "", request.query["binary"] ?? "")
        let isOurs = binary.isEmpty || binary == ServiceBody.binary
        let found = isOurs ? try await services(on: host.isEmpty ? nil : host) : []
        return reply(request, ["services": .array(found.map { ServiceBody.body(of: $0, at: request.version) })])
    }

    /// `PUT os-services/{enable | disable | …}` up to 2.52, `PUT os-services/{id}` from 2.53 on. The body is looked at
    /// before anybody is asked who may.
    func updateService(_ request: APIRequest) async throws -> Answer {
        let word = request.route.parameters[0]
        return try await request.version >= Self.byID ? update(word, request) : act(word, request)
    }

    private func update(_ text: String, _ request: APIRequest) async throws -> Answer {
        let wish = try ServiceWish(BodyObject(request.call.body))
        guard let id = UUID(canonical: text) else { throw APIFault(.badRequest, "Invalid uuid \(text)") }
        try check(.updateService, request)
        guard let service = try await services(on: nil).first(where: { $0.id == id }) else {
            throw APIFault(.notFound, "Service \(text) could not be found.")
        }
        try await apply(try wish.change(), to: service.host)
        let changed = try await Persistence.afterChange { try await existing(service.host) }
        let body = changed.map { ServiceBody.body(of: $0, at: request.version) }
        return reply(request, ["service": body ?? .null])
    }

    private func act(_ action: String, _ request: APIRequest) async throws -> Answer {
        let wish = try HostWish(BodyObject(request.call.body), at: request.version)
        try check(.updateService, request)
        guard let verb = ServiceAction(rawValue: action), verb.first <= request.version else {
            throw APIFault(.notFound, "Unknown action")
        }
        let change = try wish.change(verb)
        guard wish.binary == ServiceBody.binary else {
            throw APIFault(
                .badRequest,
                "Updating a \(wish.binary) service is not supported. Only nova-compute services can be updated."
            )
        }
        guard try await existing(wish.host) != nil else {
            throw APIFault(.notFound, "Host '\(wish.host)' is not mapped to any cell")
        }
        try await apply(change, to: wish.host)
        let names = [
            JSONMember(name: "host", value: .string(wish.host)),
            JSONMember(name: "binary", value: .string(wish.binary)),
        ]
        return reply(request, ["service": .object(names + change.members)])
    }

    private func apply(_ change: ServiceChange, to host: String) async throws {
        if let isEnabled = change.isEnabled {
            try await servers.setEnabled(isEnabled, host: host, reason: change.reason)
        }
        guard let isDown = change.isForcedDown else { return }
        guard change.isEnabled != nil else { return try await servers.setForcedDown(isDown, host: host) }
        try await Persistence.afterChange { try await servers.setForcedDown(isDown, host: host) }
    }

    private func existing(_ host: String) async throws -> ComputeService? {
        try await services(on: host).first
    }

    private func services(on host: String?) async throws -> [ComputeService] {
        try await Persistence(patience: settings.patience).read { try await servers.services(on: host.map { [$0] }) }
    }
}

/// What can be asked of a service up to 2.52.
enum ServiceAction: String {
    case enable, disable
    case disableWithReason = "disable-log-reason"
    case forceDown = "force-down"

    var first: Microversion { self == .forceDown ? Microversion(2, 11) : .minimum }
}

/// A body up to 2.52, which names a host; which of its parts count is the action's matter.
private struct HostWish {
    let host: String
    let binary: String
    private let reason: String?
    private let isForcedDown: Bool?

    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ body: BodyObject, at version: Microversion) throws(APIFault) {
        let knowsForcedDown = version >= ServiceAction.forceDown.first
        host = try body.text("host", like: .host) ?? ""
        binary = try body.text("binary") ?? ""
        reason = try body.text("disabled_reason")
        isForcedDown = knowsForcedDown ? try body.boolean("forced_down") : nil
        for key in ["host", "binary"] { try body.require(key) }
        try body.allow(["host", "binary", "disabled_reason", knowsForcedDown ? "forced_down" : "host"])
    }

    /// - Throws: ``APIFault`` `.badRequest` when what the action needs is not there.
    func change(_ action: ServiceAction) throws(APIFault) -> ServiceChange {
        switch action {
        case .enable: return ServiceChange(isEnabled: true)
        case .disable: return ServiceChange(isEnabled: false)
        case .disableWithReason:
            guard let reason else { throw APIFault(.badRequest, "Missing disabled reason field") }
            return ServiceChange(isEnabled: false, reason: reason)
        case .forceDown:
            guard let isForcedDown else { throw APIFault(.badRequest, "Missing forced_down field") }
            return ServiceChange(isForcedDown: isForcedDown)
        }
    }
}

/// A body from 2.53 on.
private struct ServiceWish {
    private let status: String?
    private let reason: String?
    private let isForcedDown: Bool?

    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ body: BodyObject) throws(APIFault) {
        status = try body.word("status", of: ["enabled", "disabled"])
        reason = try body.text("disabled_reason")
        isForcedDown = try body.boolean("forced_down")
        try body.allow(["status", "disabled_reason", "forced_down"])
    }

    /// - Throws: ``APIFault`` `.badRequest` when it says nothing, or what does not go together.
    func change() throws(APIFault) -> ServiceChange {
        if status == "enabled", reason != nil {
            throw APIFault(.badRequest, "Specifying 'disabled_reason' with status 'enabled' is invalid.")
        }
        guard status != nil || isForcedDown != nil else {
            throw APIFault(
                .badRequest,
                "No updates were requested. Fields 'status' or 'forced_down' should be specified."
            )
        }
        return ServiceChange(
            isEnabled: status.map { $0 == "enabled" },
            reason: status == nil ? nil : reason,
            isForcedDown: isForcedDown
        )
    }
}

/// A change of a service; what is nil stays.
struct ServiceChange {
    var isEnabled: Bool?
    var reason: String?
    var isForcedDown: Bool?

    /// What an answer up to 2.52 says about it.
    var members: [JSONMember] {
        var members: [JSONMember] = []
        if let isEnabled {
            members.append(JSONMember(name: "status", value: isEnabled ? "enabled" : "disabled"))
        }
        if let reason { members.append(JSONMember(name: "disabled_reason", value: .string(reason))) }
        if let isForcedDown { members.append(JSONMember(name: "forced_down", value: .bool(isForcedDown))) }
        return members
    }
}
