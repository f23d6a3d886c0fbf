package import Foundation
import Postgres

/// Changes of a server that need no worker. Each call throws ``ComputeError``.
extension ServerStore {
    /// Locks a server or unlocks it, in any state; doing it twice is fine. The request becomes an action of the server.
    /// - Parameters:
    ///   - reason: shown to whoever may see the server, while it is locked.
    ///   - mayOverride: whether the caller may undo the lock of another: the owner's an administrator, and vice versa.
    package func setLock(
        _ isLocked: Bool,
        of server: UUID,
        by caller: Caller,
        requestID: String,
        reason: String? = nil,
        mayOverride: Bool = false
    ) async throws -> LockOutcome {
        try await only(
            of: Self.setLockStatement,
            [
                .uuid(server), .text(caller.scope.projectID), .text(caller.projectID), .text(caller.userID),
                .text(requestID), .boolean(isLocked), .text(reason), .boolean(mayOverride),
            ]
        ) { row in
            let word = try row.decode(String.self, "outcome")
            guard let outcome = LockOutcome(rawValue: word) else {
                throw ComputeError(.malformedRow, "outcome \(word) is unknown to this build")
            }
            return outcome
        }
    }

    /// What became of a request to lock or unlock a server.
    package enum LockOutcome: String, Sendable, Hashable {
        case done
        case notFound = "not_found"
        /// The lock is another's.
        case notYours = "not_yours"
    }

    /// Keeps a server from being purged, however long its retention has been over, or lets it go again; twice is fine.
    /// - Returns: whether there is such a server; one that was destroyed there is not.
    package func setHold(_ isHeld: Bool, of server: UUID) async throws -> Bool {
        try await only(of: Self.holdStatement, [.uuid(server), .boolean(isHeld)]) { try $0.decode(Bool.self, "found") }
    }

    /// Changes the name and the description of a server in any state; what is nil stays.
    /// - Parameter description: an empty one is none.
    /// - Returns: the server, or nil when there is none for this scope.
    package func rename(
        _ server: UUID,
        in scope: Scope,
        to name: String?,
        description: String? = nil
    ) async throws -> Server? {
        try await read(
            Self.renameStatement,
            [.uuid(server), .text(scope.projectID), .text(name), .text(description)],
            Server.init
        ).first
    }

    private static let setLockStatement = Statement(
        "SELECT compute.set_lock_v1($1, $2, $3, $4, $5, $6, $7, $8) AS outcome"
    )
    private static let holdStatement = Statement("SELECT compute.hold_server_v1($1, $2) AS found")
    private static let renameStatement = Statement("SELECT * FROM compute.rename_server_v1($1, $2, $3, $4)")
}
