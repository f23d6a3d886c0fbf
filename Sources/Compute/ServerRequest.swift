package import Foundation

/// Whose servers a caller may see and touch.
package enum Scope: Sendable, Hashable {
    /// Those of one project; every other server does not exist.
    case project(String)
    /// Everybody's: administrators.
    case all

    var projectID: String? {
        switch self {
        case .project(let id): id
        case .all: nil
        }
    }
}

/// Who asks for a change, as the action record will say.
package struct Caller: Sendable, Hashable {
    /// As the token says, or the operator's name.
    package var userID: String
    /// The project of the token, which is recorded with what the caller does.
    package var projectID: String
    /// Whose servers the caller reaches.
    package var scope: Scope

    /// Describes a caller whose token has been validated.
    package init(userID: String, projectID: String, scope: Scope) {
        self.userID = userID
        self.projectID = projectID
        self.scope = scope
    }
}

/// What became of a request on a server.
package enum RequestOutcome: Sendable, Hashable {
    /// Committed: nothing short of losing the database undoes it. The task is the one to poll.
    case accepted(task: UUID)
    /// There was nothing to do, because it had been asked before; the server did not change.
    case already(task: UUID?)
    /// There is no such server for this caller.
    case notFound
    /// Locked, and the caller is no administrator.
    case locked
    /// The stable state forbids it.
    case wrongVMState(VMState)
    /// Something is happening to the server that must end first.
    case wrongTaskState(TaskState)
    /// The server's project has as many unfinished tasks as it may have; some must end first.
    case overLimit
    /// The server's project has no room for the server in its quota: of what, by name. Empty when there was room again
    /// a moment later.
    case overQuota([QuotaShortage])
}

/// A request that was made on a server: Nova's "instance action".
package struct ServerAction: Sendable, Hashable {
    /// `req-` and a UUID; unique over all servers.
    package var requestID: String
    /// The server it was asked for.
    package var serverID: UUID
    /// The project of the caller, not of the server.
    package var projectID: String
    /// The caller.
    package var userID: String
    /// `create`, `delete`, `restore`.
    package var action: String
    /// The task behind it; nil for what needed none, as a lock.
    package var taskID: UUID?
    /// When it was accepted.
    package var startTime: Date
    /// When something of it changed last.
    package var updatedAt: Date
    /// nil, `Error` or `Cancelled`.
    package var message: String?
}

/// One attempt at an action, or one step of it.
package struct ServerEvent: Sendable, Hashable {
    /// Nova's name for what was done, as `compute_restore_instance`.
    package var event: String
    /// Which attempt of its task; nil for what needed no task.
    package var attempt: Int?
    /// When the attempt began.
    package var startTime: Date
    /// When it ended.
    package var finishTime: Date
    /// `Success` or `Error`.
    package var result: String
    /// A sentence that the owner may read.
    package var reason: String?
    /// The raw cause, for administrators.
    package var cause: String?
    /// The host it was made on.
    package var host: String?
}

/// A task as its server's owner may see it.
package struct TaskRecord: Sendable, Hashable, Identifiable {
    /// As the API shows it in the task's URL.
    package var id: UUID
    /// `soft_delete`, `restore`, `purge`, `force_delete`.
    package var kind: String
    /// The server it acts on.
    package var serverID: UUID
    /// The project of the server.
    package var projectID: String
    /// The user who made the server.
    package var userID: String
    /// `queued`, `running`, `retrying`, `succeeded`, `failed`, `cancelled`.
    package var status: String
    /// Claims that counted so far.
    package var attempt: Int
    /// After so many counted attempts that failed it is a dead letter.
    package var maxAttempts: Int
    /// The host whose workers do it.
    package var host: String
    /// The place in its host's line, 1 ... 1000 (1000: or more); nil when it is not in line.
    package var position: Int?
    /// How far the running attempt is, as of the last heartbeat.
    package var progress: Progress?
    /// What it waits for, as a phrase: a host that no worker serves.
    package var waitingFor: String?
    /// When the next attempt is due; nil unless it is retrying.
    package var nextAttemptAt: Date?
    /// Why its last attempt did not succeed; nil once it has succeeded.
    package var error: Failure?
    /// The request that asked for it.
    package var requestID: String
    /// When it was accepted; all times are the database's.
    package var createdAt: Date
    /// When its first attempt began.
    package var startedAt: Date?
    /// When it ended; nil while it is live.
    package var finishedAt: Date?

    /// Whether it has ended.
    package var isFinished: Bool { finishedAt != nil }

    /// What is looked at for those who wait for it, as queue.changed_tasks_v1 writes it.
    package var mark: String {
        "\(status) \(attempt) \(progress?.step ?? "") \(progress.map { "\($0.percent)" } ?? "")"
    }

    /// How far an attempt is.
    package struct Progress: Sendable, Hashable, Codable {
        /// One word for what is being done.
        package var step: String
        /// 0 ... 100.
        package var percent: Int
    }

    /// Why the last attempt that failed did.
    package struct Failure: Sendable, Hashable, Codable {
        /// One word for programs.
        package var code: String
        /// A sentence that the owner may read.
        package var reason: String?
        /// The raw cause, for administrators.
        package var cause: String?
    }
}

/// What the bin holds and how it is kept.
package struct BinStatus: Sendable, Hashable {
    /// How long a server that is deleted from now on is kept.
    package var retention: Duration
    /// At most so many servers are purged an hour.
    package var purgesPerHour: Int
    /// Servers in the bin.
    package var softDeleted: Int
    /// Soft-deleted servers whose `purge_at` has passed.
    package var due: Int
    /// Of these, those that an operator keeps from being purged.
    package var held: Int
    /// Since when purging stands still, and why; nil while it runs.
    package var stopped: (since: Date, reason: String)? {
        guard let stoppedAt, let stoppedReason else { return nil }
        return (stoppedAt, stoppedReason)
    }
    var stoppedAt: Date?
    var stoppedReason: String?
}
