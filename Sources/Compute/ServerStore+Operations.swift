package import Foundation
import Postgres

/// What an operator does about tasks and hosts. Each call throws ``ComputeError``.
extension ServerStore {
    /// Calls a task off. Its server is as it was before, at once when the task waits, else when its attempt has ended.
    /// - Parameter caller: who asks, for the events of the action.
    package func cancelTask(_ id: UUID, by caller: String) async throws -> Cancellation {
        try await only(of: Self.cancelStatement, [.uuid(id), .text(caller)], Cancellation.init)
    }

    /// Asks again for what a dead letter failed to do, as an administrator's request, which may be refused as any.
    ///
    /// Repeating it is safe: a dead letter is retried once.
    /// - Parameters:
    ///   - caller: who asks; the user of the new action.
    ///   - requestID: `req-` and a UUID; becomes the id of the new action.
    package func retryTask(_ id: UUID, by caller: String, requestID: String) async throws -> Retry {
        try await only(of: Self.retryStatement, [.uuid(id), .text(caller), .text(requestID)], Retry.init)
    }

    /// Dead letters that may be retried, the first that failed first: nobody has yet, and no later request was accepted
    /// for their servers. At most 100,000.
    package func deadLetters(_ filter: DeadLetterFilter = DeadLetterFilter()) async throws -> [DeadLetter] {
        let since = filter.since.map { Double($0.components.seconds) }
        return try await read(
            Self.deadStatement,
            [
                .text(filter.kind?.rawValue), .text(filter.host), .text(filter.projectID), .double(since),
                .integer(100_000),
            ],
            DeadLetter.init
        )
    }

    /// Whether a server lives on this host, a worker has served it, or an operator has said something about its queue.
    package func knowsHost(_ host: String) async throws -> Bool {
        try await only(of: Self.knowsHostStatement, [.text(host)]) { try $0.decode(Bool.self, "known") }
    }

    /// How many unfinished tasks a project may have; beyond, its requests are refused.
    /// - Parameter limit: sets it first: 1 ... 1,000,000.
    package func waitingLimit(settingTo limit: Int? = nil) async throws -> Int {
        try await only(of: Self.waitingLimitStatement, [.integer(limit.map(Int32.init(clamping:)))]) {
            try $0.decode(Int.self, "waiting_limit")
        }
    }

    /// The only row of a statement that always has one.
    func only<Value>(
        of statement: Statement,
        _ parameters: [PostgresValue],
        _ decode: (Row) throws -> Value
    ) async throws -> Value {
        guard let answer = try await read(statement, parameters, decode).first else {
            throw ComputeError(.malformedRow, "\(statement.sql) gave no row")
        }
        return answer
    }

    private static let cancelStatement = Statement("SELECT * FROM compute.cancel_task_v1($1, $2)")
    private static let retryStatement = Statement("SELECT * FROM compute.retry_task_v1($1, $2, $3)")
    private static let deadStatement = Statement("SELECT * FROM compute.list_dead_v1($1, $2, $3, $4, $5)")
    private static let knowsHostStatement = Statement("SELECT compute.knows_host_v1($1) AS known")
    private static let waitingLimitStatement = Statement("SELECT compute.waiting_limit_v1($1) AS waiting_limit")
}

/// What became of an operator's wish to call a task off.
package enum Cancellation: Sendable, Hashable {
    /// It waited, and is cancelled. A purge that is due comes back with the next sweep.
    case cancelled(kind: String)
    /// It runs; its worker learns of it at its next heartbeat at the latest.
    case asked(kind: String)
    /// It destroys its server, and an attempt has begun: it can only be brought to its end.
    case begun(kind: String)
    /// It had ended before.
    case ended(status: String)
    /// It is a force delete that waits for the running task of its server to end.
    case waitsForAnother
    case notFound

    init(_ row: Row) throws {
        let (outcome, status, kind) = (
            try row.decode(String.self, "outcome"), try row.decode(String?.self, "status") ?? "",
            try row.decode(String?.self, "kind") ?? ""
        )
        switch outcome {
        case "cancelled": self = .cancelled(kind: kind)
        case "asked": self = .asked(kind: kind)
        case "begun": self = .begun(kind: kind)
        case "ended": self = .ended(status: status)
        case "behind": self = .waitsForAnother
        case "not_found": self = .notFound
        default: throw ComputeError(.malformedRow, "outcome \(outcome) is unknown to this build")
        }
    }
}

/// What became of an operator's wish to try a failed task again.
package enum Retry: Sendable, Hashable {
    /// A new task does it; workers of this queue are to be woken, unless it is nil.
    case accepted(task: UUID, queue: String?)
    /// It is a purge: the next sweep asks for it, as for all purges.
    case leftToSweep
    /// It was retried before, as this task, unless it was a purge.
    case retriedBefore(task: UUID?)
    /// A later request was accepted for its server, so that what it wanted is out of date.
    case superseded
    /// It has not failed.
    case notFailed
    /// There is no such task.
    case notFound
    /// The request was refused, as any may be.
    case refused(RequestOutcome)

    init(_ row: Row) throws {
        let task = try row.decode(UUID?.self, "task_id")
        switch try row.decode(String.self, "outcome") {
        case "left_to_sweep": self = .leftToSweep
        case "retried": self = .retriedBefore(task: task)
        case "superseded": self = .superseded
        case "not_failed": self = .notFailed
        case "not_found": self = .notFound
        default:
            switch try RequestOutcome(row) {
            case .accepted(let task): self = .accepted(task: task, queue: try row.decode(String?.self, "queue"))
            case let refused: self = .refused(refused)
            }
        }
    }
}

/// Which dead letters are meant; each part that is nil lets all pass.
package struct DeadLetterFilter: Sendable, Hashable {
    /// Only tasks of this kind.
    package var kind: ServerTaskKind?
    /// Only tasks of this host.
    package var host: String?
    /// Only tasks of servers of this project.
    package var projectID: String?
    /// Only those that failed within this time, in whole seconds.
    package var since: Duration?

    /// Narrows the list; what is nil does not.
    package init(kind: ServerTaskKind? = nil, host: String? = nil, projectID: String? = nil, since: Duration? = nil) {
        self.kind = kind
        self.host = host
        self.projectID = projectID
        self.since = since
    }
}

/// A task that failed and waits for a person.
package struct DeadLetter: Sendable, Hashable, Identifiable {
    /// The task, by which it can be asked for again.
    package var id: UUID
    /// What it was to do.
    package var kind: String
    /// The server it was to act on.
    package var serverID: UUID
    /// The project of that server.
    package var projectID: String
    /// The host whose workers tried it.
    package var host: String
    /// Attempts that counted.
    package var attempt: Int
    /// Leases on it that were lost, which have a limit of their own.
    package var lostLeases: Int
    /// How its last attempt failed.
    package var error: TaskRecord.Failure?
    /// When it became a dead letter.
    package var failedAt: Date

    init(_ row: Row) throws {
        id = try row.decode(UUID.self, "id")
        kind = try row.decode(String.self, "kind")
        serverID = try row.decode(UUID.self, "server_id")
        projectID = try row.decode(String.self, "project_id")
        host = try row.decode(String.self, "host")
        attempt = try row.decode(Int.self, "attempt")
        lostLeases = try row.decode(Int.self, "lost_leases")
        error = try row.decode(String?.self, "error").map { try JSONText.decode(TaskRecord.Failure.self, $0) }
        failedAt = try row.decode(Date.self, "failed_at")
    }
}
