import Compute
import Foundation

/// What a list of servers is asked to show, in Nova's words, read once.
struct ServerFilters {
    /// The states that fit; empty when no server can.
    let states: [VMState]
    let namePattern: String?
    let marker: UUID?
    let limit: Int?
    /// Whether the name is all that is asked for.
    let isByNameOnly: Bool

    /// - Throws: ``APIFault`` `.badRequest`, `.forbidden`, `.notImplemented`.
    init(_ request: APIRequest, maximumPage: Int) throws(APIFault) {
        let query = request.query
        try ServerQueryKeys.check(query, request.version)
        limit = try query.limit(maximum: maximumPage)
        states = try Self.states(request)
        namePattern = try Self.namePattern(query)
        marker = try Self.marker(query)
        isByNameOnly = Set(query.items.map(\.name)).isDisjoint(with: ["status", "deleted", "soft_deleted", "marker"])
    }

    private static func namePattern(_ query: Query) throws(APIFault) -> String? {
        // No name has this character, and the database does not take it.
        guard let name = query["name"], name.contains("\0") else { return query["name"] }
        throw badName(name)
    }

    static func badName(_ name: String) -> APIFault {
        .query("name", name, "'\(name)' is not a 'regex'")
    }

    private static func marker(_ query: Query) throws(APIFault) -> UUID? {
        guard let text = query["marker"] else { return nil }
        guard let marker = UUID(canonical: text) else { throw .unknownMarker(text) }
        return marker
    }

    /// Soft-deleted servers show only when they are asked for; destroyed ones only to administrators.
    private static func states(_ request: APIRequest) throws(APIFault) -> [VMState] {
        let binned: [VMState] = request.isAdministrator ? [.softDelete, .deleted] : [.softDelete]
        let isDeletedOnly = request.query.flag("deleted")
        let asked = request.query.values("status")
        guard asked.isEmpty else {
            let states = try states(named: asked, request)
            return isDeletedOnly ? states.filter(binned.contains) : states
        }
        if isDeletedOnly { return binned }
        return request.query.flag("soft_deleted") ? VMState.live + [.softDelete] : VMState.live
    }

    private static func states(named names: [String], _ request: APIRequest) throws(APIFault) -> [VMState] {
        let names = names.map { $0.uppercased() }
        guard names.contains(where: { statuses.contains($0) }) else {
            guard request.version >= Microversion(2, 38) else { return [] }
            throw APIFault(.badRequest, "Invalid status value")
        }
        let states = names.compactMap(VMState.init(status:))
        guard request.isAdministrator || !states.contains(.deleted) else {
            throw APIFault(.forbidden, "Only administrators may list deleted instances")
        }
        return states
    }

    /// Every status that a server of Nova's can have.
    private static let statuses: Set<String> = [
        "ACTIVE", "BUILD", "DELETED", "ERROR", "HARD_REBOOT", "MIGRATING", "PASSWORD", "PAUSED", "REBOOT", "REBUILD",
        "RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED", "SHELVED_OFFLOADED", "SHUTOFF", "SOFT_DELETED", "SUSPENDED",
        "UNKNOWN", "VERIFY_RESIZE",
    ]
}
