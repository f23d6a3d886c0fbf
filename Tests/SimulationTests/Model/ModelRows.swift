import Foundation
import TestSupport

@testable import TaskQueue

/// A row of queue.tasks.
struct ModelTask: Sendable, Hashable {
    enum Status: String, Sendable { case queued, running, retrying }

    /// What goes with the status running.
    struct Lease: Sendable, Hashable {
        var token: Int64
        var timeline: UInt32
        var worker: String
        var expiresAt: Date
    }

    var id: UUID
    var queue: String
    var kind: RunRecord.Kind
    var subject: UUID
    var requestID: String
    var priority: Int
    var position: Int64
    var status = Status.queued
    var availableAt: Date
    var attempt = 0
    var maxAttempts: Int
    var lostLeases = 0
    var lease: Lease?
    var attemptStartedAt: Date?
    var startedAt: Date?
    /// The codes alone.
    var errors: [String] = []
    var isCancelRequested = false
    var createdAt: Date
}

/// A row of queue.history, or of queue.dead when it failed.
struct ModelEnded: Sendable, Hashable {
    var task: ModelTask
    var status: String
    var token: Int64?
    var finishedAt: Date
}

/// A row of compute.servers.
struct ModelServer: Sendable, Hashable {
    var id: UUID
    var host: String
    var vmState = "active"
    var taskState: String?
    var powerState = 1
    var isHeld = false
    var deletedAt: Date?
    var keepFor: TimeInterval?
    var purgeAt: Date?
    /// The request id.
    var waitingForceDelete: String?
}

/// A row of compute.events, without its times and its texts.
struct ModelEvent: Sendable, Hashable, Comparable {
    var requestID: String
    var kind: RunRecord.Kind
    var attempt: Int
    var isSuccess: Bool

    static func < (left: ModelEvent, right: ModelEvent) -> Bool {
        (left.requestID, left.attempt, left.kind.rawValue, left.isSuccess ? 1 : 0)
            < (right.requestID, right.attempt, right.kind.rawValue, right.isSuccess ? 1 : 0)
    }
}

/// What the type queue.settled says of one task.
struct ModelSettled: Sendable, Hashable {
    enum Verdict: String, Sendable { case finished, again, lost, waiting, rescued }

    var id: UUID
    var token: Int64?
    var verdict: Verdict
    var status: String?
    /// Nil when lost.
    var task: ModelTask?
    var error: String?

    var hasEnded: Bool {
        (verdict == .finished || verdict == .rescued)
            && status.map(["succeeded", "failed", "cancelled"].contains) == true
    }
}

/// What the type compute.accepted says of one request.
enum ModelAnswer: Sendable, Hashable {
    case accepted(UUID)
    case already(UUID?)
    case notFound
    case wrongVMState(String)
    case wrongTaskState(String)
}

/// How an attempt may end: the verbs that workers know, and the rescue.
struct ModelEnding: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        case succeeded, failed, cancelled, released, rescued
        case retrying(TimeInterval)
        case waiting(TimeInterval)
        case unseen(TimeInterval)

        var delay: TimeInterval {
            switch self {
            case .retrying(let delay), .waiting(let delay), .unseen(let delay): delay
            default: 0
            }
        }

        /// Whether it is one of the leases that a task may lose.
        var losesLease: Bool {
            switch self {
            case .rescued, .unseen: true
            default: false
            }
        }

        /// Whether its task waits without an attempt.
        var waits: Bool {
            switch self {
            case .waiting, .unseen: true
            default: false
            }
        }
    }

    var id: UUID
    var token: Int64
    var outcome: Outcome
    /// A code.
    var error: String?
}
