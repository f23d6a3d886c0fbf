package import Compute
package import Foundation

/// What the API asks about servers. ``ServerStore`` is it; tests of the wire have one without a database.
///
/// Every call throws `ComputeError`.
package protocol ServerService: Sendable {
    /// Accepts a restore; repeated with the same request id it gives its first answer.
    func restore(
        _ server: UUID,
        by caller: Caller,
        requestID: String,
        traceContext: String?
    ) async throws -> RequestOutcome
    /// Accepts a soft delete, as ``restore(_:by:requestID:traceContext:)``.
    func delete(
        _ server: UUID,
        by caller: Caller,
        requestID: String,
        traceContext: String?
    ) async throws -> RequestOutcome
    /// Accepts a destruction, as ``restore(_:by:requestID:traceContext:)``.
    func forceDelete(
        _ server: UUID,
        by caller: Caller,
        requestID: String,
        traceContext: String?
    ) async throws -> RequestOutcome
    /// A server, or nil; one that is hard-deleted only if asked for.
    func server(_ id: UUID, in scope: Scope, evenDestroyed: Bool) async throws -> Server?
    /// One page.
    func servers(_ query: ServerQuery) async throws -> [Server]
    /// One page of what was asked of a server, newest first.
    func actions(of server: UUID, _ query: ActionQuery) async throws -> [ServerAction]
    /// The newest failure of each of these servers that has one.
    func faults(of servers: [UUID]) async throws -> [UUID: ServerFault]
    /// One action, or nil.
    func action(_ requestID: String, of server: UUID) async throws -> ServerAction?
    /// The attempts of an action, newest first.
    func events(of requestID: String) async throws -> [ServerEvent]
    /// Locks a server or unlocks it.
    func setLock(
        _ isLocked: Bool,
        of server: UUID,
        by caller: Caller,
        requestID: String,
        reason: String?,
        mayOverride: Bool
    ) async throws -> ServerStore.LockOutcome
    /// Another name or description; what is nil stays. Gives the server, or nil.
    func rename(_ server: UUID, in scope: Scope, to name: String?, description: String?) async throws -> Server?
    /// What a project may have and has; nil: one of which nobody said anything.
    func quota(of project: String?) async throws -> Quota
    /// Changes what a project may have; says why not.
    func setQuota(_ change: QuotaChange, of project: String?) async throws -> [QuotaConflict]
    /// Forgets what was said about a project's quota.
    func resetQuota(of project: String) async throws
    /// The hosts, by name; nil: all.
    func services(on hosts: [String]?) async throws -> [ComputeService]
    /// Takes a host out of service, or back.
    func setEnabled(_ isEnabled: Bool, host: String, reason: String?) async throws
    /// Says whether a host is to be taken for down.
    func setForcedDown(_ isDown: Bool, host: String) async throws
    /// A task of a server in this scope, or nil.
    func task(_ id: UUID, in scope: Scope) async throws -> TaskRecord?
    /// Tasks of the servers in this scope, newest first; a filter that is nil lets all pass.
    func tasks(
        in scope: Scope,
        server: UUID?,
        status: String?,
        kind: String?,
        marker: UUID?,
        limit: Int
    ) async throws -> [TaskRecord]
    /// What a restore would meet now, or nil.
    func previewRestore(of server: UUID, in scope: Scope) async throws -> RestorePreview?
    /// Asks a host whether a server is there.
    func ask(_ id: UUID, about server: UUID, on host: String) async throws
    /// What the host has answered, or nil.
    func answer(to id: UUID) async throws -> ProbeAnswer?
    /// What a client's key stands for; a new one stands for `requestID`.
    func useKey(_ key: ClientKey, requestID: String) async throws -> KeyUse
    /// Keeps the answer to a key where no action does.
    func keepAnswer(_ task: UUID?, for key: ClientKey, requestID: String) async throws
}

extension ServerStore: ServerService {}
