import Compute
import ComputeAPI
import Foundation
import Synchronization

/// Servers without a database: answers what it was told to, and remembers what it was asked.
final class MemoryServers: ServerService {
    struct State: Sendable {
        var servers: [Server] = []
        var actions: [ServerAction] = []
        var events: [ServerEvent] = []
        var faults: [UUID: ServerFault] = [:]
        var actionQueries: [ActionQuery] = []
        var tasks: [TaskRecord] = []
        /// Answers to the next changes of servers that the caller reaches, in order; the last one stays.
        var outcomes: [Result<RequestOutcome, ComputeError>] = []
        /// What the next reads, locks and changes of quotas and hosts throw; nil: nothing.
        var readErrors: [(any Error)?] = []
        var changes: [Change] = []
        var locks: [Lock] = []
        var lockOutcome = ServerStore.LockOutcome.done
        var quotas: [String: Quota] = [:]
        var quotaChanges: [QuotaChange] = []
        var quotaConflicts: [QuotaConflict] = []
        var services: [ComputeService] = []
        var queries: [ServerQuery] = []
        var keys: [UUID: Key] = [:]
        var preview = Sample.preview()
        var questions: [String] = []
        var probeAnswer: ProbeAnswer?
        var reads = 0
    }

    struct Change: Sendable, Hashable {
        let name: String
        let server: UUID
        let caller: Caller
        let requestID: String
        let traceContext: String?
    }

    struct Lock: Sendable, Hashable {
        let isLocked: Bool
        let server: UUID
        let reason: String?
        let mayOverride: Bool
    }

    struct Key: Sendable {
        let requestHash: UUID
        let requestID: String
        var isAnswered = false
        var task: UUID?
    }

    private let mutex: Mutex<State>

    init(_ state: State) {
        mutex = Mutex(state)
    }

    var state: State { mutex.withLock { $0 } }

    func change(_ body: (inout State) -> Void) {
        mutex.withLock { body(&$0) }
    }

    func restore(
        _ server: UUID,
        by caller: Caller,
        requestID: String,
        traceContext: String?
    ) async throws -> RequestOutcome {
        try change(
            Change(name: "restore", server: server, caller: caller, requestID: requestID, traceContext: traceContext)
        )
    }

    func delete(
        _ server: UUID,
        by caller: Caller,
        requestID: String,
        traceContext: String?
    ) async throws -> RequestOutcome {
        try change(
            Change(name: "delete", server: server, caller: caller, requestID: requestID, traceContext: traceContext)
        )
    }

    func forceDelete(
        _ server: UUID,
        by caller: Caller,
        requestID: String,
        traceContext: String?
    ) async throws -> RequestOutcome {
        try change(
            Change(
                name: "forceDelete",
                server: server,
                caller: caller,
                requestID: requestID,
                traceContext: traceContext
            )
        )
    }

    func server(_ id: UUID, in scope: Scope, evenDestroyed: Bool) async throws -> Server? {
        try read { state in
            state.servers.first {
                $0.id == id && Self.sees(scope, $0) && (evenDestroyed || $0.vmState != .deleted)
            }
        }
    }

    func servers(_ query: ServerQuery) async throws -> [Server] {
        try read { state in
            state.queries.append(query)
            if let marker = query.marker,
                !state.servers.contains(where: { $0.id == marker && Self.sees(query.scope, $0) })
            {
                throw ComputeError(.markerNotFound, "marker [\(marker)] not found")
            }
            if query.conditions.contains(.matches(.name, "[")) { throw ComputeError(.invalidPattern, "name") }
            let found = state.servers.filter { server in
                Self.sees(query.scope, server) && query.states.contains(server.vmState)
                    && query.conditions.allSatisfy { Self.holds($0, server) }
            }
            return Array(found.prefix(query.limit))
        }
    }

    func actions(of server: UUID, _ query: ActionQuery) async throws -> [ServerAction] {
        try read { state in
            state.actionQueries.append(query)
            var rest = state.actions[...]
            if let marker = query.marker {
                guard let index = rest.firstIndex(where: { $0.requestID == marker }) else {
                    throw ComputeError(.markerNotFound, "marker [\(marker)] not found")
                }
                rest = rest[(index + 1)...]
            }
            return Array(rest.prefix(query.limit))
        }
    }

    func faults(of servers: [UUID]) async throws -> [UUID: ServerFault] {
        try read { $0.faults.filter { servers.contains($0.key) } }
    }

    func action(_ requestID: String, of server: UUID) async throws -> ServerAction? {
        try read { $0.actions.first { $0.requestID == requestID } }
    }

    func events(of requestID: String) async throws -> [ServerEvent] {
        try read { $0.events }
    }

    func setLock(
        _ isLocked: Bool,
        of server: UUID,
        by caller: Caller,
        requestID: String,
        reason: String?,
        mayOverride: Bool
    ) async throws -> ServerStore.LockOutcome {
        try read { state in
            guard Self.reaches(caller, server, state) else { return .notFound }
            state.locks.append(Lock(isLocked: isLocked, server: server, reason: reason, mayOverride: mayOverride))
            return state.lockOutcome
        }
    }

    func rename(_ server: UUID, in scope: Scope, to name: String?, description: String?) async throws -> Server? {
        try read { state in
            guard let index = state.servers.firstIndex(where: { $0.id == server && Self.sees(scope, $0) }) else {
                return nil
            }
            if let name { state.servers[index].name = name }
            if let description { state.servers[index].description = description.isEmpty ? nil : description }
            return state.servers[index]
        }
    }

    func quota(of project: String?) async throws -> Quota {
        try read { state in
            project.flatMap { state.quotas[$0] }
                ?? Quota(
                    limits: Resources(instances: 10, cores: 20, ram: 51200),
                    used: Resources(instances: 0, cores: 0, ram: 0)
                )
        }
    }

    func setQuota(_ change: QuotaChange, of project: String?) async throws -> [QuotaConflict] {
        try read { state in
            state.quotaChanges.append(change)
            return state.quotaConflicts
        }
    }

    func resetQuota(of project: String) async throws {
        try read { $0.quotas[project] = nil }
    }

    func services(on hosts: [String]?) async throws -> [ComputeService] {
        try read { $0.services.filter { hosts?.contains($0.host) ?? true } }
    }

    func setEnabled(_ isEnabled: Bool, host: String, reason: String?) async throws {
        try change(host) { service in
            service.disabledAt = isEnabled ? nil : Sample.date
            service.disabledReason = reason
        }
    }

    func setForcedDown(_ isDown: Bool, host: String) async throws {
        try change(host) { $0.isForcedDown = isDown }
    }

    private func change(_ host: String, _ body: (inout ComputeService) -> Void) throws {
        try read { state in
            for index in state.services.indices where state.services[index].host == host {
                body(&state.services[index])
            }
        }
    }

    func task(_ id: UUID, in scope: Scope) async throws -> TaskRecord? {
        try read { $0.tasks.first { $0.id == id && [.all, .project($0.projectID)].contains(scope) } }
    }

    func tasks(
        in scope: Scope,
        server: UUID?,
        status: String?,
        kind: String?,
        marker: UUID?,
        limit: Int
    ) async throws -> [TaskRecord] {
        try read { state in
            let found = state.tasks.filter { task in
                [.all, .project(task.projectID)].contains(scope) && (status ?? task.status) == task.status
                    && (kind ?? task.kind) == task.kind && (server ?? task.serverID) == task.serverID
            }
            guard let marker else { return Array(found.prefix(limit)) }
            guard let place = found.firstIndex(where: { $0.id == marker }) else {
                throw ComputeError(.markerNotFound, "marker [\(marker)] not found")
            }
            return Array(found[(place + 1)...].prefix(limit))
        }
    }

    func previewRestore(of server: UUID, in scope: Scope) async throws -> RestorePreview? {
        try read { state in
            state.servers.contains { $0.id == server && Self.sees(scope, $0) } ? state.preview : nil
        }
    }

    func ask(_ id: UUID, about server: UUID, on host: String) async throws {
        try read { $0.questions.append(host) }
    }

    func answer(to id: UUID) async throws -> ProbeAnswer? {
        try read { $0.probeAnswer }
    }

    func useKey(_ key: ClientKey, requestID: String) async throws -> KeyUse {
        try read { state in
            guard let known = state.keys[key.hash] else {
                state.keys[key.hash] = Key(requestHash: key.requestHash, requestID: requestID)
                return .request(id: requestID)
            }
            guard known.requestHash == key.requestHash else { return .taken }
            return known.isAnswered ? .answered(id: known.requestID, task: known.task) : .request(id: known.requestID)
        }
    }

    func keepAnswer(_ task: UUID?, for key: ClientKey, requestID: String) async throws {
        try read { state in
            state.keys[key.hash]?.isAnswered = true
            state.keys[key.hash]?.task = task
        }
    }

    /// Of the conditions only those on names are known here.
    private static func holds(_ condition: ServerQuery.Condition, _ server: Server) -> Bool {
        switch condition {
        case .matches(.name, let text): server.name.contains(text)
        case .equals(.name, let text): server.name == text
        default: true
        }
    }

    /// Also a destroyed one: what repeats the request that destroyed it is answered.
    private static func reaches(_ caller: Caller, _ server: UUID, _ state: State) -> Bool {
        state.servers.contains { $0.id == server && sees(caller.scope, $0) }
    }

    private static func sees(_ scope: Scope, _ server: Server) -> Bool {
        scope == .all || scope == .project(server.projectID)
    }

    private func change(_ change: Change) throws -> RequestOutcome {
        try mutex.withLock { state in
            state.changes.append(change)
            guard Self.reaches(change.caller, change.server, state) else { return .notFound }
            let outcome = state.outcomes.count > 1 ? state.outcomes.removeFirst() : state.outcomes.first
            return try outcome?.get() ?? .notFound
        }
    }

    private func read<Value: Sendable>(_ body: (inout State) throws -> Value) throws -> Value {
        try mutex.withLock { state in
            state.reads += 1
            if !state.readErrors.isEmpty, let error = state.readErrors.removeFirst() { throw error }
            return try body(&state)
        }
    }
}
