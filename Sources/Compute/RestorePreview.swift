package import Foundation
import Postgres

/// What would become of a restore that is not asked for.
package struct RestorePreview: Sendable, Hashable {
    /// The project of the server.
    package var projectID: String
    /// The user who made the server.
    package var userID: String
    /// The host the server lives on, and would be restored on.
    package var host: String
    /// Why it would be refused, each for itself, in the order in which a restore looks; empty when it would be accepted.
    package var refusals: [RequestOutcome]
    /// Whether it would have to wait for its host: no worker serves it.
    package var isHostAlive: Bool
    /// When a worker of the host was seen last; nil: never.
    package var lastSeenAt: Date?
    /// Since when the host is paused, if it is, and why.
    package var pausedAt: Date?
    /// What the operator said with the pause of that host's queue.
    package var pauseReason: String?

    /// Describes what stands against a restore; see the properties.
    package init(
        projectID: String,
        userID: String,
        host: String,
        refusals: [RequestOutcome] = [],
        isHostAlive: Bool = true,
        lastSeenAt: Date? = nil,
        pausedAt: Date? = nil,
        pauseReason: String? = nil
    ) {
        self.projectID = projectID
        self.userID = userID
        self.host = host
        self.refusals = refusals
        self.isHostAlive = isHostAlive
        self.lastSeenAt = lastSeenAt
        self.pausedAt = pausedAt
        self.pauseReason = pauseReason
    }
}

/// Looks before a restore. Each call throws ``ComputeError``.
extension ServerStore {
    /// What a restore would meet now. It locks nothing and changes nothing, so it promises nothing either.
    /// - Returns: nil when there is no such server for this scope.
    package func previewRestore(of server: UUID, in scope: Scope) async throws -> RestorePreview? {
        let found = try await read(Self.previewStatement, [.uuid(server), .text(scope.projectID)]) { row in
            (preview: try RestorePreview(row), isAtRest: try Self.isInBinAtRest(row))
        }
        guard var preview = found.first?.preview else { return nil }
        if found.first?.isAtRest == true, case let shortages = try await quotaShortage(of: server), !shortages.isEmpty {
            preview.refusals.append(.overQuota(shortages))
        }
        return preview
    }

    /// Only such a server would take room that it does not have.
    private static func isInBinAtRest(_ row: Row) throws -> Bool {
        try row.decode(String.self, "vm_state") == VMState.softDelete.rawValue
            && row.decode(String?.self, "task_state") == nil
    }

    private static let previewStatement = Statement("SELECT * FROM compute.preview_restore_v2($1, $2)")
}

extension RestorePreview {
    fileprivate init(_ row: Row) throws {
        self.init(
            projectID: try row.decode(String.self, "project_id"),
            userID: try row.decode(String.self, "user_id"),
            host: try row.decode(String.self, "host"),
            refusals: try Self.refusals(row),
            isHostAlive: try row.decode(Bool.self, "is_alive"),
            lastSeenAt: try row.decode(Date?.self, "last_seen_at"),
            pausedAt: try row.decode(Date?.self, "paused_at"),
            pauseReason: try row.decode(String?.self, "pause_reason")
        )
    }

    private static func refusals(_ row: Row) throws -> [RequestOutcome] {
        var refusals: [RequestOutcome] = try row.decode(Bool.self, "is_locked") ? [.locked] : []
        // A soft delete that nobody has begun is undone on the spot, which takes no room.
        if try row.decode(Bool?.self, "can_be_undone") == true { return refusals }
        let word = try row.decode(String.self, "vm_state")
        guard let state = VMState(rawValue: word) else {
            throw ComputeError(.malformedRow, "vm_state \(word) is unknown to this build")
        }
        if let task = try TaskState(column: row.decode(String?.self, "task_state")) {
            refusals.append(.wrongTaskState(task))
        } else if state != .softDelete {
            refusals.append(.wrongVMState(state))
        } else if try row.decode(Bool?.self, "is_purging") == true {
            refusals.append(.wrongTaskState(.deleting))
        }
        if try row.decode(Bool.self, "is_over_limit") { refusals.append(.overLimit) }
        return refusals
    }
}
