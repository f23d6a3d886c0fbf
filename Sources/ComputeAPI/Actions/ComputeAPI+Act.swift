import Compute
import Foundation
import HTTPTypes
import Identity

/// Requests that change a server: `POST …/action` and `DELETE`.
extension ComputeAPI {
    func act(_ request: APIRequest) async throws -> Answer {
        let body = try ActionBody(request.call.body)
        let action = body.action
        guard NovaActions.isKnown(action) else {
            throw APIFault(.badRequest, "There is no such action: \(action)")
        }
        try request.checkProject()
        switch action {
        case "restore" where Self.asksForDryRun(body.value): return try await previewRestore(request)
        case "restore": return try await accept(request, .restore, as: action, servers.restore)
        case "forceDelete": return try await accept(request, .forceDelete, as: action, servers.forceDelete)
        case "lock": return try await lock(request, body.value)
        case "unlock": return try await unlock(request)
        default: throw try await refusal(of: action, request)
        }
    }

    func deleteServer(_ request: APIRequest) async throws -> Answer {
        let id = try await permitted(.delete, request)
        let keyed = try await keyed(request) { try await outcome($0, id, servers.delete) }
        switch keyed.outcome {
        case .accepted, .already: return .empty(.noContent).repeating(keyed.requestID)
        case let refused: throw refusal(refused, of: "delete", request)
        }
    }

    private typealias Change = (UUID, Caller, String, String?) async throws -> RequestOutcome

    private func accept(
        _ request: APIRequest,
        _ rule: PolicyRule,
        as action: String,
        _ change: Change
    ) async throws -> Answer {
        let id = try await permitted(rule, request)
        let keyed = try await keyed(request) { try await outcome($0, id, change) }
        switch keyed.outcome {
        case .accepted(let task as UUID?), .already(let task):
            return accepted(request, task).repeating(keyed.requestID)
        case let refused: throw refusal(refused, of: action, request)
        }
    }

    private func accepted(_ request: APIRequest, _ task: UUID?) -> Answer {
        var answer = Answer.empty(.accepted, headers: [.retryAfter: "1"])
        answer.headers[.contentType] = ContentTypes.answer(request.call.headers)
        if let task { answer.headers[.location] = request.links.url("tasks/\(task.text)") }
        return answer
    }

    /// The server in the URL, when the caller may do this to it.
    ///
    /// Where the caller may do it to every server that it reaches, the change itself finds out whether there is one.
    /// Otherwise the server is read: what is not there is answered before what is not allowed, and the rule may ask whose
    /// server it is. Under an Idempotency-Key a destroyed one counts as well: what destroyed it may be repeated.
    func permitted(_ rule: PolicyRule, _ request: APIRequest) async throws -> UUID {
        let id = try request.serverID()
        guard !policy.surelyAllows(rule, request.credentials, request.reachableTarget) else { return id }
        let isKeyed = request.call.headers.contains(.idempotencyKey)
        try check(rule, request, on: try await existing(id, request, evenDestroyed: isKeyed).policyTarget)
        return id
    }

    private func outcome(_ request: APIRequest, _ id: UUID, _ change: Change) async throws -> RequestOutcome {
        let trace = TraceContext.validated(request.call.headers[.traceParent])
        return try await Persistence(patience: settings.patience).settle {
            try await change(id, request.caller, request.id, trace)
        }
    }

    func refusal(_ outcome: RequestOutcome, of action: String, _ request: APIRequest) -> APIFault {
        let id = request.serverText
        switch outcome {
        case .notFound: return .unknownServer(id)
        case .locked where action == "restore":
            return APIFault(.conflict, "Instance \(id) is in an invalid state for '\(action)'")
        case .locked: return APIFault(.conflict, "Instance \(id) is locked")
        case .wrongVMState(let state): return .conflict(action, id, "vm_state \(state.rawValue)")
        case .wrongTaskState(let state): return .conflict(action, id, "task_state \(state.rawValue)")
        case .overLimit: return .overLimit
        case .overQuota(let shortages): return .overQuota(shortages)
        case .accepted, .already: preconditionFailure("\(outcome) is no refusal")
        }
    }

    /// Why one of Nova's actions that we do not have cannot be done to this server.
    private func refusal(of action: String, _ request: APIRequest) async throws -> APIFault {
        let server = try await existing(request.serverID(), request)
        if server.vmState == .softDelete, let verb = NovaActions.verb(action) {
            return .conflict(verb, request.serverText, "vm_state \(server.vmState.rawValue)")
        }
        return APIFault(
            .notImplemented,
            "The action \(action) is not implemented: Reprieve restores and deletes servers, no more."
        )
    }

    /// - Throws: ``APIFault`` `.notFound`.
    func existing(_ id: UUID, _ request: APIRequest, evenDestroyed: Bool = false) async throws -> Server {
        let server = try await Persistence(patience: settings.patience).read {
            try await servers.server(id, in: request.scope, evenDestroyed: evenDestroyed)
        }
        guard let server else { throw APIFault.unknownServer(request.serverText) }
        return server
    }
}

extension APIFault {
    /// The project waits for as much as it may: the same request may do when some of that has ended.
    fileprivate static let overLimit = APIFault(
        .overLimit,
        "The project has too many unfinished tasks. Retry when some of them have ended.",
        headers: [.retryAfter: "10"]
    )

    /// Nova's words for a quota that has no room.
    fileprivate static func overQuota(_ shortages: [QuotaShortage]) -> APIFault {
        guard !shortages.isEmpty else { return APIFault(.forbidden, "Quota exceeded, too many servers.") }
        func list(_ part: (QuotaShortage) -> String) -> String { shortages.map(part).joined(separator: ", ") }
        let names = list(\.resource)
        return APIFault(
            .forbidden,
            "Quota exceeded for \(names): Requested \(list { "\($0.requested)" }), but already used "
                + "\(list { "\($0.used)" }) of \(list { "\($0.limit)" }) \(names)"
        )
    }

    static func conflict(_ action: String, _ server: String, _ state: String) -> APIFault {
        APIFault(.conflict, "Cannot '\(action)' instance \(server) while it is in \(state)")
    }
}
