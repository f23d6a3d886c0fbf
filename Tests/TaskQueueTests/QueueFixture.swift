import Foundation
import Postgres
import TaskQueue
import TestSupport

/// A queue on the test's database, and a direct line to its tables.
struct QueueFixture: Sendable {
    let pool: ConnectionPool
    let queue: TaskQueue

    @discardableResult
    func enqueue(
        _ queueName: String = "host-1",
        kind: String = "work",
        subject: UUID = UUID(),
        priority: Int = 1,
        maxAttempts: Int = 5
    ) async throws -> UUID {
        try await queue.enqueue(
            NewTask(
                queue: queueName,
                kind: kind,
                subjectID: subject,
                requestID: "request",
                priority: priority,
                maxAttempts: maxAttempts
            )
        )
    }

    func enqueue(count: Int, _ queueName: String = "host-1") async throws -> [UUID] {
        var ids: [UUID] = []
        for _ in 0..<count { ids.append(try await enqueue(queueName)) }
        return ids
    }

    func claim(
        _ worker: String = "worker-1",
        from queueName: String = "host-1",
        kinds: Set<String> = ["work"],
        limit: Int = 100,
        low: [Int64] = Watermark.start,
        lease: Duration = .seconds(30)
    ) async throws -> [QueuedTask] {
        try await queue.claim(
            ClaimRequest(
                workerID: worker,
                kinds: kinds,
                queues: [.init(name: queueName, limit: limit, low: low)],
                leaseDuration: lease
            )
        ).tasks
    }

    @discardableResult
    func finish(
        _ task: QueuedTask,
        _ verb: TaskEnding.Verb,
        result: String? = nil,
        failure: TaskFailure? = nil
    ) async throws -> FinishAnswer? {
        try await queue.finish([TaskEnding(lease: task.held, verb: verb, result: result, failure: failure)]).first
    }

    func heartbeat(
        _ tasks: [QueuedTask],
        by worker: String = "worker-1",
        progress: TaskProgress? = nil,
        isStopping: Bool = false,
        lease: Duration = .seconds(30)
    ) async throws -> [UUID: HeartbeatAnswer.Verdict] {
        let leases = Dictionary(uniqueKeysWithValues: tasks.map { ($0.held, progress) })
        let answers = try await queue.heartbeat(
            HeartbeatRequest(
                workerID: worker,
                queues: ["host-1"],
                version: "test",
                isStopping: isStopping,
                leases: leases,
                leaseDuration: lease
            )
        )
        let verdicts = Dictionary(answers.map { ($0.lease.task, $0.verdict) }, uniquingKeysWith: { first, _ in first })
        guard verdicts.count == answers.count else {
            throw FixtureError(description: "two answers for one: \(answers)")
        }
        return verdicts
    }

    @discardableResult
    func sweep(mayRescue: Bool = true) async throws -> SweepAnswer {
        try await queue.sweep(SweepRequest(mayRescue: mayRescue, previous: nil, witness: nil))
    }
}

extension QueueFixture {
    /// The column `value` of the first row.
    func value<Value: PostgresDecodable>(
        _ type: Value.Type,
        _ statement: Statement,
        _ parameters: [PostgresValue] = []
    ) async throws -> Value {
        let rows = try await pool.execute(statement, parameters)
        guard let row = rows.first else { throw FixtureError(description: "no row: \(statement.sql)") }
        return try row.decode(type, "value")
    }

    func run(_ sql: String) async throws {
        try await pool.withConnection { try await $0.runScript(sql) }
    }

    /// Runs `body` while another session holds the row of a task locked.
    func whileLocked(_ task: UUID, _ body: @Sendable () async throws -> Void) async throws {
        try await pool.withConnection { connection in
            try await connection.transaction { connection in
                try await connection.execute(
                    Statement("SELECT FROM queue.tasks WHERE id = $1 FOR UPDATE"),
                    [.uuid(task)]
                )
                try await body()
            }
        }
    }

    /// The time by the clock of this fixture's sessions.
    func now() async throws -> Date {
        try await value(Date.self, Statement("SELECT queue.clock_v1() AS value"))
    }

    /// Sessions on this database that wait for a lock in a statement that contains this text.
    func sessionsWaitingForLocks(in text: String) async throws -> Int {
        try await value(
            Int.self,
            Statement(
                """
                SELECT count(*) AS value FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND strpos(query, $1) > 0
                """
            ),
            [.text(text)]
        )
    }

    /// The task wherever it is now.
    func stored(_ id: UUID) async throws -> StoredTask {
        let rows = try await pool.execute(StoredTask.statement, [.uuid(id)])
        guard rows.count == 1 else { throw FixtureError(description: "\(rows.count) rows of task \(id)") }
        return try StoredTask(rows[0])
    }
}

struct FixtureError: Error, CustomStringConvertible {
    let description: String
}

/// A task as one of the three tables keeps it.
struct StoredTask: Sendable, Hashable {
    enum Place: String { case tasks, history, dead }

    var place: Place?
    var status: String
    var attempt: Int
    var lostLeases: Int
    var token: Int64?
    var workerID: String?
    var position: Int64?
    /// The codes of its errors, the first first.
    var errors: [String]
    var availableAt: Date?
    var leaseExpiresAt: Date?

    fileprivate static let statement = Statement(
        """
        SELECT t.*, ARRAY(SELECT e ->> 'code' FROM jsonb_array_elements(errors) WITH ORDINALITY AS x (e, n) ORDER BY n)
            AS codes
        FROM (
            SELECT 'tasks' AS place, id, status, attempt, lost_leases, lease_token, worker_id, position, errors,
                available_at, lease_expires_at
            FROM queue.tasks
            UNION ALL
            SELECT 'history', id, status, attempt, lost_leases, lease_token, worker_id, NULL, errors, NULL, NULL
            FROM queue.history
            UNION ALL
            SELECT 'dead', id, status, attempt, lost_leases, lease_token, worker_id, NULL, errors, NULL, NULL
            FROM queue.dead
        ) t
        WHERE id = $1
        """
    )

    fileprivate init(_ row: Row) throws {
        place = Place(rawValue: try row.decode(String.self, "place"))
        status = try row.decode(String.self, "status")
        attempt = try row.decode(Int.self, "attempt")
        lostLeases = try row.decode(Int.self, "lost_leases")
        token = try row.decode(Int64?.self, "lease_token")
        workerID = try row.decode(String?.self, "worker_id")
        position = try row.decode(Int64?.self, "position")
        errors = try row.decode([String].self, "codes")
        availableAt = try row.decode(Date?.self, "available_at")
        leaseExpiresAt = try row.decode(Date?.self, "lease_expires_at")
    }
}

extension TestDatabase {
    /// A queue on this database, whose sessions see the database's clock moved by an interval such as `1 hour`.
    func withQueue<Value: Sendable>(
        clockOffset: String? = nil,
        maximumConnections: Int = 8,
        _ body: (QueueFixture) async throws -> Value
    ) async throws -> Value {
        var configuration = try configuration()
        configuration.settings["reprieve.clock_offset"] = clockOffset
        let pool = ConnectionPool(
            configuration: configuration,
            maximumConnections: maximumConnections,
            logger: Self.logger
        )
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(QueueFixture(pool: pool, queue: TaskQueue(pool: pool))))
        } catch {
            result = .failure(error)
        }
        await pool.shutdown()
        return try result.get()
    }
}

extension TaskFailure {
    static func transient(_ code: String) -> TaskFailure {
        TaskFailure(isTransient: true, code: code, reason: "It did not work.", cause: "the test")
    }

    static func permanent(_ code: String) -> TaskFailure {
        TaskFailure(isTransient: false, code: code, reason: "It cannot work.", cause: "the test")
    }
}
