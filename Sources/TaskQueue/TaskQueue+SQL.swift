import Foundation
import Postgres

/// The calls of the queue's SQL functions, and how their rows are read. There is no other SQL in this module.
extension TaskQueue {
    static let enqueueStatement = Statement("SELECT queue.enqueue_v1($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    static let enqueueBatchStatement = Statement(
        "SELECT * FROM queue.enqueue_tasks_v1($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    )
    static let wakeStatement = Statement("SELECT queue.wake_v1($1)")
    static let echoStatement = Statement("SELECT queue.echo_v1($1, $2) AS workers")
    static let claimStatement = Statement("SELECT * FROM queue.claim_tasks_v3($1, $2, $3, $4, $5, $6, $7)")
    static let heartbeatStatement = Statement("SELECT * FROM queue.heartbeat_v1($1, $2, $3, $4, $5, $6, $7, $8)")
    static let maintainStatement = Statement("SELECT queue.maintain_history_v2($1)")
    static let workersStatement = Statement("SELECT * FROM queue.list_workers_v1($1)")

    /// Says of each task whether it was taken; not, when its subject is busy.
    static func enqueuer(_ pool: ConnectionPool) -> Coalescer<NewTask, Bool> {
        Coalescer { (task) throws(PostgresError) in
            try await pool.execute(enqueueStatement, task.parameters)
            return true
        } batch: { (tasks) throws(PostgresError) in
            let rows = try await pool.execute(enqueueBatchStatement, NewTask.parameters(of: tasks))
            let taken = try Set(rows.map { (row) throws(PostgresError) in try row.decode(UUID.self, "id") })
            return tasks.map { taken.contains($0.id) }
        }
    }

    @discardableResult
    func rows(_ statement: Statement, _ parameters: [PostgresValue]) async throws -> Rows {
        do {
            return try await pool.execute(statement, parameters)
        } catch {
            throw QueueError(error, during: statement.sql)
        }
    }

    static func parameters(of endings: [TaskEnding]) throws -> [PostgresValue] {
        [
            .uuids(endings.map(\.lease.task)),
            .bigints(endings.map(\.lease.token)),
            .texts(endings.map(\.verb.name)),
            .doubles(endings.map { $0.verb.delay?.seconds }),
            .jsonbs(endings.map(\.result)),
            .jsonbs(try endings.map { try $0.failure.map(StoredFailure.text) }),
        ]
    }
}

extension NewTask {
    var parameters: [PostgresValue] {
        [
            .uuid(id), .text(queue), .text(kind), .uuid(subjectID), .text(requestID), .jsonb(payload),
            .integer(Int32(priority)), .integer(Int32(maxAttempts)), .text(traceContext),
        ]
    }
}

extension NewTask {
    static func parameters(of tasks: [NewTask]) -> [PostgresValue] {
        [
            .uuids(tasks.map(\.id)), .texts(tasks.map(\.queue)), .texts(tasks.map(\.kind)),
            .uuids(tasks.map(\.subjectID)), .texts(tasks.map(\.requestID)), .jsonbs(tasks.map(\.payload)),
            .integers(tasks.map { Int32($0.priority) }), .integers(tasks.map { Int32($0.maxAttempts) }),
            .texts(tasks.map(\.traceContext)),
        ]
    }
}

extension ClaimRequest {
    var parameters: [PostgresValue] {
        [
            .text(workerID), .texts(kinds.sorted()), .texts(queues.map(\.name)),
            .integers(queues.map { Int32(clamping: $0.limit) }), .bigints(queues.flatMap(\.low)),
            .integer(turn), .double(leaseDuration.seconds),
        ]
    }
}

extension ExchangeAnswer {
    init(_ rows: Rows) throws {
        self.init()
        // Endings, which have a verdict, come before claims.
        let first = try rows.firstIndex { try $0.decode(String?.self, "verdict") == nil } ?? rows.endIndex
        for row in rows[..<first] {
            let lease = HeldLease(
                task: try row.decode(UUID.self, "id"),
                token: try row.decode(Int64.self, "lease_token")
            )
            endings[lease] = try FinishAnswer(lease, row)
        }
        claim = try Claim(rows[first...])
    }
}

extension Claim {
    init(_ rows: some Collection<Row>) throws {
        do {
            nextDue = try rows.first?.decode(Double?.self, "next_due_seconds").map(Duration.seconds)
            isLimited = try rows.first?.decode(Bool.self, "limited") ?? false
            tasks = try rows.compactMap { row in
                try row.decode(UUID?.self, "id").map { try QueuedTask($0, row) }
            }
        } catch {
            throw QueueError(.malformedRow, "a claimed task could not be read", cause: error)
        }
        tasks.sort { ($0.priority, $0.position) < ($1.priority, $1.position) }
    }
}

extension QueuedTask {
    fileprivate init(_ id: UUID, _ row: Row) throws {
        self.id = id
        queue = try row.decode(String.self, "queue")
        kind = try row.decode(String.self, "kind")
        subjectID = try row.decode(UUID.self, "subject_id")
        requestID = try row.decode(String.self, "request_id")
        payload = try row.decode(String.self, "payload")
        priority = Int(try row.decode(Int16.self, "priority"))
        position = try row.decode(Int64.self, "position")
        attempt = Int(try row.decode(Int32.self, "attempt"))
        maxAttempts = Int(try row.decode(Int32.self, "max_attempts"))
        lease = Lease(
            timeline: UInt32(truncatingIfNeeded: try row.decode(Int64.self, "lease_timeline")),
            token: try row.decode(Int64.self, "lease_token")
        )
        traceContext = try row.decode(String?.self, "trace_context")
        isCancelRequested = try row.decode(Bool.self, "cancel_requested")
    }
}

extension HeartbeatRequest {
    var parameters: [PostgresValue] {
        get throws {
            let held = leases.sorted { $0.key.token < $1.key.token }
            let progress = try held.map { try $0.value.map(JSON.text) }
            return [
                .text(workerID), .texts(queues), .text(version), .boolean(isStopping),
                .uuids(held.map(\.key.task)), .bigints(held.map(\.key.token)), .jsonbs(progress),
                .double(leaseDuration.seconds),
            ]
        }
    }
}

extension HeartbeatAnswer {
    init(_ row: Row) throws {
        self.init(
            lease: HeldLease(task: try row.decode(UUID.self, "id"), token: try row.decode(Int64.self, "token")),
            verdict: try Verdict(known: try row.decode(String.self, "verdict"))
        )
    }
}

extension FinishAnswer {
    init(_ row: Row) throws {
        try self.init(
            HeldLease(task: try row.decode(UUID.self, "id"), token: try row.decode(Int64.self, "token")),
            row
        )
    }

    fileprivate init(_ lease: HeldLease, _ row: Row) throws {
        self.lease = lease
        verdict = try Verdict(known: try row.decode(String.self, "verdict"))
        status = try row.decode(String?.self, "status")
    }
}

extension RawRepresentable where RawValue == String {
    fileprivate init(known text: String) throws {
        guard let value = Self(rawValue: text) else {
            throw QueueError(.malformedRow, "verdict \(text) is unknown to this build")
        }
        self = value
    }
}

extension SweepRequest {
    var parameters: [PostgresValue] {
        [
            .boolean(mayRescue), .integer(Int32(clamping: limit)), .timestamp(sweptAt), .double(elapsed?.seconds),
            .timestamp(witness),
        ]
    }
}

extension SweepAnswer {
    init(_ row: Row) throws {
        sweptAt = try row.decode(Date?.self, "swept_at")
        rescued = Int(try row.decode(Int32.self, "rescued"))
        enqueued = Int(try row.decode(Int32.self, "enqueued"))
        note = try row.decode(String?.self, "note")
    }
}

extension WorkerRecord {
    init(_ row: Row) throws {
        id = try row.decode(String.self, "id")
        queues = try row.decode([String].self, "queues")
        version = try row.decode(String.self, "version")
        startedAt = try row.decode(Date.self, "started_at")
        lastSeenAt = try row.decode(Date.self, "last_seen_at")
        isStopping = try row.decode(Bool.self, "stopping")
        isAlive = try row.decode(Bool.self, "alive")
        running = Int(try row.decode(Int32.self, "running"))
    }
}

extension TaskEnding.Verb {
    var name: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .retrying: "retrying"
        case .waiting: "waiting"
        case .unseen: "unseen"
        case .released: "released"
        }
    }

    /// Until the next attempt or look, if there is one.
    var delay: Duration? {
        switch self {
        case .retrying(let delay), .waiting(let delay), .unseen(let delay): delay
        default: nil
        }
    }
}

/// A failure as the `errors` of a task keep it.
private struct StoredFailure: Encodable {
    var code: String
    var reason: String
    var cause: String

    static func text(_ failure: TaskFailure) throws -> String {
        try JSON.text(StoredFailure(code: failure.code, reason: failure.reason, cause: failure.cause))
    }
}

private enum JSON {
    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}

extension Duration {
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
