import Compute
import Foundation
import HTTPTypes
import Identity

/// Changes of a server that need no worker: locks and names.
extension ComputeAPI {
    /// - Parameter value: of the action `lock`: null, or from 2.73 on an object that may say why.
    func lock(_ request: APIRequest, _ value: Any) async throws -> Answer {
        let reason = try Self.lockReason(value, request)
        return try await setLock(true, .lock, request, reason: reason)
    }

    func unlock(_ request: APIRequest) async throws -> Answer {
        try await setLock(false, .unlock, request)
    }

    private static func lockReason(_ value: Any, _ request: APIRequest) throws(APIFault) -> String? {
        guard request.version >= Microversion(2, 73), !(value is NSNull) else { return nil }
        let lock = try BodyObject(value, name: "lock", orNull: true, in: request.call.body)
        let reason = try lock.text("locked_reason")
        try lock.allow(["locked_reason"])
        return reason
    }

    private func setLock(
        _ isLocked: Bool,
        _ rule: PolicyRule,
        _ request: APIRequest,
        reason: String? = nil
    ) async throws -> Answer {
        let id = try await permitted(rule, request)
        let keyed = try await keyed(request) { request in
            let outcome = try await servers.setLock(
                isLocked,
                of: id,
                by: request.caller,
                requestID: request.id,
                reason: reason,
                mayOverride: isLocked ? false : try await mayOverride(id, request)
            )
            switch outcome {
            case .done: return .already(task: nil)
            case .notFound: throw APIFault.unknownServer(request.serverText)
            case .notYours: throw APIFault.policy(PolicyRule.unlockOverride)
            }
        }
        return .empty(.accepted).repeating(keyed.requestID)
    }

    /// Whether the caller may undo the lock of another.
    private func mayOverride(_ id: UUID, _ request: APIRequest) async throws -> Bool {
        if policy.surelyAllows(.unlockOverride, request.credentials, request.reachableTarget) { return true }
        return allows(.unlockOverride, request, on: try await existing(id, request).policyTarget)
    }

    /// `PUT servers/{id}`: another name, another description. The body is looked at before anybody is asked who may.
    func updateServer(_ request: APIRequest) async throws -> Answer {
        let wish = try ServerWish(BodyObject(request.call.body, under: "server"), at: request.version)
        let id = try await permitted(.update, request)
        try wish.refuseUnkept()
        let scope = request.scope
        guard let server = try await servers.rename(id, in: scope, to: wish.name, description: wish.description) else {
            throw APIFault.unknownServer(request.serverText)
        }
        let changed = try await Persistence.afterChange { try await view(of: server, request) }
        return reply(request, ["server": ServerField.body(ofChanged: changed)])
    }
}
