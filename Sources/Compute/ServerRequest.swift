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
    package var userID: String
    package var projectID: String
    package var scope: Scope

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
    package var requestID: String
    package var serverID: UUID
    package var projectID: String
    package var userID: String
    /// `create`, `delete`, `restore`.
    package var action: String
    package var taskID: UUID?
    package var startTime: Date
    package var updatedAt: Date
    /// nil, `Error` or `Cancelled`.
    package var message: String?
}

/// One attempt at an action, or one step of it.
package struct ServerEvent: Sendable, Hashable {
    package var event: String
    package var attempt: Int?
    package var startTime: Date
    package var finishTime: Date
    /// `Success` or `Error`.
    package var result: String
    /// A sentence that the owner may read.
    package var reason: String?
    /// The raw cause, for administrators.
    package var cause: String?
    package var host: String?
}

/// A task as its server's owner may see it.
package struct TaskRecord: Sendable, Hashable, Identifiable {
    package var id: UUID
    /// `soft_delete`, `restore`, `purge`, `force_delete`.
    package var kind: String
    package var serverID: UUID
    /// The project of the server.
    package var projectID: String
    /// The user who made the server.
    package var userID: String
    /// `queued`, `running`, `retrying`, `succeeded`, `failed`, `cancelled`.
    package var status: String
    /// Claims that counted so far.
    package var attempt: Int
    package var maxAttempts: Int
    package var host: String
    /// The place in its host's line, 1 ... 1000 (1000: or more); nil when it is not in line.
    package var position: Int?
    package var progress: Progress?
    /// What it waits for, as a phrase: a host that no worker serves.
    package var waitingFor: String?
    package var nextAttemptAt: Date?
    package var error: Failure?
    package var requestID: String
    package var createdAt: Date
    package var startedAt: Date?
    package var finishedAt: Date?

    /// Whether it has ended.
    package var isFinished: Bool { finishedAt != nil }

    /// What is looked at for those who wait for it, as queue.changed_tasks_v1 writes it.
    package var mark: String {
        "\(status) \(attempt) \(progress?.step ?? "") \(progress.map { "\($0.percent)" } ?? "")"
    }

    /// How far an attempt is.
    package struct Progress: Sendable, Hashable, Codable {
        package var step: String
        /// 0 ... 100.
        package var percent: Int
    }

    /// Why the last attempt that failed did.
    package struct Failure: Sendable, Hashable, Codable {
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
    package var purgesPerHour: Int
    package var softDeleted: Int
    /// Soft-deleted servers whose `purge_at` has passed.
    package var due: Int
    package var held: Int
    /// Since when purging stands still, and why; nil while it runs.
    package var stopped: (since: Date, reason: String)? {
        guard let stoppedAt, let stoppedReason else { return nil }
        return (stoppedAt, stoppedReason)
    }
    var stoppedAt: Date?
    var stoppedReason: String?
}
