import Compute
import Foundation

/// What a list of servers is asked to show, in Nova's words, read once.
struct ServerFilters {
    /// The states that fit; empty when no server of ours can.
    private(set) var states: [VMState]
    /// Whether a status is asked for that no server of anybody's has.
    let isBogus: Bool
    private var conditions: [ServerQuery.Condition] = []
    /// Those of projects: they count only in a list of every project's.
    private var projects: [ServerQuery.Condition] = []
    private let hasOtherWishes: Bool

    /// - Parameter mayUseAll: whether the caller may use every filter there is.
    /// - Throws: ``APIFault`` `.badRequest`, `.forbidden`.
    init(_ request: APIRequest, mayUseAll: Bool) throws(APIFault) {
        let query = request.query
        if mayUseAll { try ServerQueryKeys.checkFields(query) }
        let asked = try Self.states(query, request.version)
        isBogus = asked?.isBogus ?? false
        let changes = try query.changes(request.version)
        let seesChanges = changes.since != nil || changes.until != nil
        states = try Self.visible(asked?.states, request, seesChanges: seesChanges)
        let names = Set(query.items.map(\.name))
        hasOtherWishes = seesChanges || !names.isDisjoint(with: ["status", "deleted", "soft_deleted", "marker"])
        for key in ServerFilterKey.all where key.isIn(request.version, withAll: mayUseAll) {
            // A status says already which states fit.
            guard let value = query[key.name], key.name != "vm_state" || asked == nil else { continue }
            try add(key, value)
        }
        if let since = changes.since { conditions.append(.since(.updatedAt, since)) }
        if let until = changes.until { conditions.append(.until(.updatedAt, until)) }
    }

    /// What must hold of the servers of this scope.
    func conditions(in scope: Scope) -> [ServerQuery.Condition] {
        scope == .all ? conditions + projects : conditions
    }

    /// The name, when it is all that is asked for.
    var onlyName: String? {
        guard !hasOtherWishes, conditions.count == 1, case .matches(.name, let name) = conditions[0] else { return nil }
        return name
    }

    private mutating func add(_ key: ServerFilterKey, _ value: String) throws(APIFault) {
        // No text here has this character, and the database does not take it.
        let isImpossible = value.contains("\0")
        switch key.meaning {
        case .pattern where isImpossible: throw Self.badPattern(key.name, value)
        case .pattern(let column): conditions.append(.matches(column, value))
        case .exact where isImpossible: states = []
        case .exact(let column) where [.projectID, .tenantID].contains(column): projects.append(.equals(column, value))
        case .exact(let column): conditions.append(.equals(column, value))
        case .locked: conditions.append(.equals(.locked, try Query.strictBoolean(value) ? "true" : "false"))
        case .nothing: states = []
        case .everything: break
        }
    }

    static func badPattern(_ key: String, _ value: String) -> APIFault {
        .query(key, value, "'\(value)' is not a 'regex'")
    }

    // MARK: States

    /// The states behind the status that is asked for; nil when none is.
    private static func states(
        _ query: Query,
        _ version: Microversion
    ) throws(APIFault) -> (states: [VMState], isBogus: Bool)? {
        let names = query.values("status").map { $0.uppercased() }
        guard !names.isEmpty else { return nil }
        guard names.contains(where: statuses.contains) else {
            guard version >= Microversion(2, 38) else { return ([], true) }
            throw APIFault(.badRequest, "Invalid status value")
        }
        return (names.compactMap(VMState.init(status:)), false)
    }

    /// Which of the states that are asked for the caller sees. What lies in the bin shows only when it is asked for, and
    /// what is destroyed only to administrators, but among changes, which are of everything.
    private static func visible(
        _ asked: [VMState]?,
        _ request: APIRequest,
        seesChanges: Bool
    ) throws(APIFault) -> [VMState] {
        let query = request.query
        let isAdministrator = request.isAdministrator
        if asked == [.deleted] {
            guard isAdministrator else {
                throw APIFault(.forbidden, "Only administrators may list deleted instances")
            }
            return [.deleted]
        }
        // Stock clients always say whether they want deleted servers, and members are not asked that by Nova.
        let isUnsaid = !query.contains("deleted") || (!isAdministrator && !query.flag("deleted"))
        if seesChanges, isUnsaid { return asked ?? VMState.allCases }
        if query.flag("deleted") {
            let gone: [VMState] = isAdministrator || seesChanges ? [.softDelete, .deleted] : [.softDelete]
            return asked.map { $0.filter(gone.contains) } ?? gone
        }
        if let asked { return asked.filter { $0 != .deleted } }
        return query.flag("soft_deleted") ? VMState.live + [.softDelete] : VMState.live
    }

    /// Every status that a server of Nova's can have.
    private static let statuses: Set<String> = [
        "ACTIVE", "BUILD", "DELETED", "ERROR", "HARD_REBOOT", "MIGRATING", "PASSWORD", "PAUSED", "REBOOT", "REBUILD",
        "RESCUE", "RESIZE", "REVERT_RESIZE", "SHELVED", "SHELVED_OFFLOADED", "SHUTOFF", "SOFT_DELETED", "SUSPENDED",
        "VERIFY_RESIZE",
    ]
}
