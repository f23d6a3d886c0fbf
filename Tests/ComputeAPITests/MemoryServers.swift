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
        var tasks: [TaskRecord] = []
        /// Answers to the next changes, in order; the last one stays.
        var outcomes: [Result<RequestOutcome, ComputeError>] = []
        /// What the next reads throw.
        var readErrors: [any Error] = []
        var changes: [Change] = []
        var queries: [ServerQuery] = []
        var reads = 0
    }

    struct Change: Sendable, Hashable {
        let name: String
        let server: UUID
        let caller: Caller
        let requestID: String
        let traceContext: String?
    }

    private let mutex: Mutex<State>

    init(_ state: State) {
        mutex = Mutex(state)
    }

    var state: State { mutex.withLock { $0 } }

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
            if let marker = query.marker, !state.servers.contains(where: { $0.id == marker }) {
                throw ComputeError(.markerNotFound, "marker [\(marker)] not found")
            }
            if query.namePattern == "[" { throw ComputeError(.invalidPattern, "no regular expression") }
            let found = state.servers.filter { server in
                Self.sees(query.scope, server) && query.states.contains(server.vmState)
                    && (query.namePattern.map(server.name.contains) ?? true)
                    && (query.exactName.map { $0 == server.name } ?? true)
            }
            return Array(found.prefix(query.limit))
        }
    }

    func actions(of server: UUID, limit: Int) async throws -> [ServerAction] {
        try read { Array($0.actions.prefix(limit)) }
    }

    func action(_ requestID: String, of server: UUID) async throws -> ServerAction? {
        try read { $0.actions.first { $0.requestID == requestID } }
    }

    func events(of requestID: String) async throws -> [ServerEvent] {
        try read { $0.events }
    }

    func task(_ id: UUID, in scope: Scope) async throws -> TaskRecord? {
        try read { $0.tasks.first { $0.id == id && [.all, .project($0.projectID)].contains(scope) } }
    }

    func tasks(
        in scope: Scope,
        server: UUID?,
        status: String?,
        kind: String?,
        limit: Int
    ) async throws -> [TaskRecord] {
        try read { state in
            let found = state.tasks.filter { task in
                [.all, .project(task.projectID)].contains(scope) && (status ?? task.status) == task.status
                    && (kind ?? task.kind) == task.kind && (server ?? task.serverID) == task.serverID
            }
            return Array(found.prefix(limit))
        }
    }

    private static func sees(_ scope: Scope, _ server: Server) -> Bool {
        scope == .all || scope == .project(server.projectID)
    }

    private func change(_ change: Change) throws -> RequestOutcome {
        try mutex.withLock { state in
            state.changes.append(change)
            let outcome = state.outcomes.count > 1 ? state.outcomes.removeFirst() : state.outcomes.first
            return try outcome?.get() ?? .notFound
        }
    }

    private func read<Value: Sendable>(_ body: (inout State) throws -> Value) throws -> Value {
        try mutex.withLock { state in
            state.reads += 1
            if !state.readErrors.isEmpty { throw state.readErrors.removeFirst() }
            return try body(&state)
        }
    }
}
