import Compute

/// How a host with its workers is written: as a service of Nova's that runs servers.
enum ServiceBody {
    static let binary = "nova-compute"

    static func body(of service: ComputeService, at version: Microversion) -> JSON {
        let id: JSON = version >= Microversion(2, 53) ? .string(service.id.text) : .integer(service.number)
        var members = [
            JSONMember(name: "binary", value: .string(binary)),
            JSONMember(name: "host", value: .string(service.host)),
            JSONMember(name: "id", value: id),
            JSONMember(name: "zone", value: "nova"),
            JSONMember(name: "status", value: service.disabledAt == nil ? "enabled" : "disabled"),
            JSONMember(name: "state", value: service.isAlive && !service.isForcedDown ? "up" : "down"),
            JSONMember(name: "updated_at", value: WireTime.microseconds(service.lastSeenAt)),
            JSONMember(name: "disabled_reason", value: JSON(service.disabledReason)),
        ]
        if version >= Microversion(2, 11) {
            members.append(JSONMember(name: "forced_down", value: .bool(service.isForcedDown)))
        }
        return .object(members)
    }
}
