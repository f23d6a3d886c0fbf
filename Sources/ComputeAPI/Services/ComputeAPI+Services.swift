import Compute
import Foundation
import HTTPTypes
import Identity

/// The hosts, as services. A disabled host's tasks wait; see ``ComputeService``.
extension ComputeAPI {
    private static let byID = Microversion(2, 53)

    func listServices(_ request: APIRequest) async throws -> Answer {
        try check(.listServices, request)
        let binary = request.query["binary"] ?? ServiceBody.binary
        let found = binary == ServiceBody.binary ? try await services(on: request.query["host"]) : []
        return reply(request, ["services": .array(found.map { ServiceBody.body(of: $0, at: request.version) })])
    }

    /// `PUT os-services/{enable | disable | …}` up to 2.52, `PUT os-services/{id}` from 2.53 on.
    func updateService(_ request: APIRequest) async throws -> Answer {
        try check(.updateService, request)
        let word = request.route.parameters[0]
        return try await request.version >= Self.byID ? update(word, request) : act(word, request)
    }

    private func update(_ text: String, _ request: APIRequest) async throws -> Answer {
        guard let id = UUID(canonical: text) else { throw APIFault(.badRequest, "Invalid uuid \(text)") }
        let change = try ServiceChange(BodyObject(request.call.body))
        guard let service = try await services(on: nil).first(where: { $0.id == id }) else {
            throw APIFault(.notFound, "Service \(text) could not be found.")
        }
        try await apply(change, to: service.host)
        let changed = try await Persistence.afterChange { try await existing(service.host) }
        let body = changed.map { ServiceBody.body(of: $0, at: request.version) }
        return reply(request, ["service": body ?? .null])
    }

    private func act(_ action: String, _ request: APIRequest) async throws -> Answer {
        guard let verb = ServiceAction(rawValue: action), verb.first <= request.version else {
            throw APIFault(.notFound, "Unknown action")
        }
        let body = try BodyObject(request.call.body)
        try body.allow(verb.keys)
        for key in verb.keys { try body.require(key) }
        let (host, binary) = (try body.text("host") ?? "", try body.text("binary") ?? "")
        let change = try ServiceChange(verb, body)
        guard binary == ServiceBody.binary, try await existing(host) != nil else {
            throw APIFault(.notFound, "Could not find binary \(binary) on host \(host).")
        }
        try await apply(change, to: host)
        let names = [
            JSONMember(name: "host", value: .string(host)), JSONMember(name: "binary", value: .string(binary)),
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

    /// The keys of its body, all required.
    var keys: Set<String> {
        switch self {
        case .enable, .disable: ["host", "binary"]
        case .disableWithReason: ["host", "binary", "disabled_reason"]
        case .forceDown: ["host", "binary", "forced_down"]
        }
    }
}

/// A change of a service; what is nil stays.
struct ServiceChange {
    var isEnabled: Bool?
    var reason: String?
    var isForcedDown: Bool?

    /// From 2.53 on.
    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ body: BodyObject) throws(APIFault) {
        try body.allow(["status", "disabled_reason", "forced_down"])
        switch try body.text("status") {
        case "enabled": isEnabled = true
        case "disabled": isEnabled = false
        case nil: isEnabled = nil
        case let other?:
            throw APIFault(
                .badRequest,
                "Invalid input for field/attribute status. Value: \(other). "
                    + "'\(other)' is not one of ['enabled', 'disabled']"
            )
        }
        reason = try body.text("disabled_reason")
        isForcedDown = try body.boolean("forced_down")
        if reason != nil, isEnabled != false {
            throw APIFault(.badRequest, "Specifying 'disabled_reason' when status is 'enabled' is invalid.")
        }
        guard isEnabled != nil || isForcedDown != nil else {
            throw APIFault(
                .badRequest,
                "No updates were requested. Fields 'status' or 'forced_down' should be specified."
            )
        }
    }

    /// Up to 2.52.
    init(_ action: ServiceAction, _ body: BodyObject) throws(APIFault) {
        switch action {
        case .enable: isEnabled = true
        case .disable: isEnabled = false
        case .disableWithReason:
            isEnabled = false
            reason = try body.text("disabled_reason")
        case .forceDown: isForcedDown = try body.boolean("forced_down")
        }
    }

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
