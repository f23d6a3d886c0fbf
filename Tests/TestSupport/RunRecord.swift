package import Foundation
package import Hypervisor

/// What is known of a run, however it was learned: from a simulation, or from the tables and the journals of the
/// make-believe hardware after a chaos run. A plain value; ``PromiseChecker`` judges it.
package struct RunRecord: Sendable {
    /// The run was stopped in the middle: tasks may be live, and servers on their way.
    package var isCut = false
    /// ``dates`` has every change there was; false when they were only looked at now and then.
    package var knowsEveryDate = false
    /// What clients asked for and were told, in any order.
    package var requests: [Request] = []
    /// One for every row in every place; those that have ended in the order in which they ended.
    package var tasks: [TaskRow] = []
    /// Of each server in the order in which they happened.
    package var effects: [Effect] = []
    /// Of each server in the order in which they were seen.
    package var dates: [Dates] = []
    /// Every server that there was at the beginning, as it is at the end.
    package var servers: [Server] = []

    /// A record of nothing; it has no violation.
    package init() {}
}

extension RunRecord {
    /// What is done to a server, as the queue's kinds.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case softDelete = "soft_delete"
        case restore
        case purge
        case forceDelete = "force_delete"
    }

    /// What a client asked for, and what it was told last.
    package struct Request: Sendable, Hashable {
        package enum Answer: Sendable, Hashable {
            /// 202 or 204; the task where it was told.
            case accepted(task: UUID?)
            /// Refused, or nothing to do: no task may come of it.
            case refused
            /// No answer came; either may be true.
            case unknown
        }

        /// The request id, `req-…`.
        package var id: String
        package var server: UUID
        package var kind: Kind
        package var answer: Answer

        /// Makes a request out of its parts.
        package init(id: String, server: UUID, kind: Kind, answer: Answer) {
            (self.id, self.server, self.kind, self.answer) = (id, server, kind, answer)
        }
    }

    /// One row of a task in one place. A task that stands in two places has two of these.
    package struct TaskRow: Sendable, Hashable {
        package enum Place: String, Sendable, Hashable {
            case tasks, history, dead
            /// A force delete that waits for the running task of its server has no row of its own yet.
            case waiting
        }

        package var id: UUID
        package var requestID: String
        package var server: UUID
        package var kind: Kind
        /// `queued`, `running`, `retrying`, `succeeded`, `failed`, `cancelled`.
        package var status: String
        package var place: Place
        /// The token of the lease that ended it; nil while it is live, and when no worker ended it.
        package var token: Int64?

        /// Makes a row out of its parts.
        package init(
            id: UUID,
            requestID: String,
            server: UUID,
            kind: Kind,
            status: String,
            place: Place,
            token: Int64? = nil
        ) {
            (self.id, self.requestID, self.server, self.kind) = (id, requestID, server, kind)
            (self.status, self.place, self.token) = (status, place, token)
        }

        /// Whether nothing more will become of it.
        package var hasEnded: Bool { place == .history || place == .dead }
    }

    /// A call that the hardware let through.
    package struct Effect: Sendable, Hashable {
        package var server: UUID
        package var operation: FakeHypervisor.Operation
        /// Nil for what an administrator did at the host.
        package var fence: Fence?
        /// Whether anything was different afterwards.
        package var changed: Bool
        /// The task, where it is known.
        package var task: UUID?
        /// Whether the database held the lease to be live at that moment, where it is known.
        package var leaseWasLive: Bool?
        /// When, on the database's clock or one that agrees with it.
        package var at: Date?

        /// Makes an effect out of its parts.
        package init(
            server: UUID,
            operation: FakeHypervisor.Operation,
            fence: Fence?,
            changed: Bool,
            task: UUID? = nil,
            leaseWasLive: Bool? = nil,
            at: Date? = nil
        ) {
            (self.server, self.operation, self.fence, self.changed) = (server, operation, fence, changed)
            (self.task, self.leaseWasLive, self.at) = (task, leaseWasLive, at)
        }
    }

    /// The dates of a server, as they were seen once.
    package struct Dates: Sendable, Hashable {
        package var server: UUID
        package var deletedAt: Date?
        package var purgeAt: Date?

        /// Makes the dates out of their parts.
        package init(server: UUID, deletedAt: Date?, purgeAt: Date?) {
            (self.server, self.deletedAt, self.purgeAt) = (server, deletedAt, purgeAt)
        }
    }

    /// A server at the end: its row, and its hardware.
    package struct Server: Sendable, Hashable {
        package var id: UUID
        /// In the database's words, such as `soft-delete`; nil when it has no row.
        package var vmState: String?
        package var taskState: String?
        package var deletedAt: Date?
        package var purgeAt: Date?
        /// Of the hardware; nil when that is gone.
        package var powerState: PowerState?

        /// Makes a server out of its parts.
        package init(
            id: UUID,
            vmState: String?,
            taskState: String? = nil,
            deletedAt: Date? = nil,
            purgeAt: Date? = nil,
            powerState: PowerState?
        ) {
            (self.id, self.vmState, self.taskState) = (id, vmState, taskState)
            (self.deletedAt, self.purgeAt, self.powerState) = (deletedAt, purgeAt, powerState)
        }
    }
}
