package import Foundation
package import Postgres

/// The durable queue: what its SQL functions can do, one call each, every call one transaction.
///
/// Each call throws ``QueueError``. Source: sql/functions/queue_*.sql
package struct TaskQueue: Sendable {
    let pool: ConnectionPool
    let functions: QueueFunctions
    private let enqueuer: Coalescer<NewTask, Bool>

    /// - Parameter functions: where attempts end and leases are rescued; the owner of the subjects has its own.
    package init(pool: ConnectionPool, functions: QueueFunctions = .plain) {
        self.pool = pool
        self.functions = functions
        enqueuer = Self.enqueuer(pool)
    }

    // MARK: Enqueueing

    /// Enqueues a task, committed when this returns; calls at the same time share a commit. Owners of subjects enqueue
    /// inside their SQL functions instead.
    /// - Throws: also `.subjectBusy`: a subject has at most one live task.
    package func enqueue(_ task: NewTask) async throws -> UUID {
        let isTaken: Bool
        do throws(PostgresError) {
            isTaken = try await enqueuer.perform(task)
        } catch {
            throw QueueError(error, during: Self.enqueueStatement.sql)
        }
        guard isTaken else { throw QueueError(.subjectBusy, "subject \(task.subjectID) has a live task") }
        return task.id
    }

    /// Wakes the workers of some queues. A lost wake-up costs at most one poll interval.
    package func wake(_ queues: some Sequence<String>) async throws {
        try await rows(Self.wakeStatement, [.texts(Array(queues))])
    }

    /// Sends a notification to whoever listens on the channel, nobody when it is nil, and counts the live workers.
    func echo(_ payload: String, on channel: String?) async throws -> Int {
        guard let row = try await rows(Self.echoStatement, [.text(channel), .text(payload)]).first else {
            throw QueueError(.malformedRow, "the echo gave no row")
        }
        return Int(try row.decode(Int32.self, "workers"))
    }

    // MARK: Working

    /// Claims runnable tasks and starts one lease for each, highest priority first, then oldest.
    ///
    /// Cancellation: a claim that committed anyway comes back when its lease ends.
    package func claim(_ request: ClaimRequest) async throws -> Claim {
        try Claim(await rows(Self.claimStatement, request.parameters))
    }

    /// Extends leases, says that the worker lives, and learns what became of its leases.
    package func heartbeat(_ request: HeartbeatRequest) async throws -> [HeartbeatAnswer] {
        try await rows(Self.heartbeatStatement, try request.parameters).map(HeartbeatAnswer.init)
    }

    /// Ends attempts, fenced: an ending whose lease is lost has no effect and says so.
    ///
    /// Repeating it after an unknown outcome is safe: what was done is found done.
    package func finish(_ endings: [TaskEnding]) async throws -> [FinishAnswer] {
        try await rows(functions.finish, try Self.parameters(of: endings)).map(FinishAnswer.init)
    }

    /// Ends attempts and claims the next tasks, in one transaction if there is both.
    package func exchange(endings: [TaskEnding], claim request: ClaimRequest?) async throws -> ExchangeAnswer {
        guard let request else {
            let answers = endings.isEmpty ? [] : try await finish(endings)
            return ExchangeAnswer(endings: Dictionary(answers.map { ($0.lease, $0) }) { first, _ in first })
        }
        guard !endings.isEmpty else { return ExchangeAnswer(claim: try await claim(request)) }
        let parameters = try Self.parameters(of: endings) + request.parameters
        return try ExchangeAnswer(await rows(functions.finishAndClaim, parameters))
    }

    /// Makes due retries runnable and rescues lost leases; one bounded batch.
    package func sweep(_ request: SweepRequest) async throws -> SweepAnswer {
        guard let row = try await rows(functions.sweep, request.parameters).first else {
            throw QueueError(.malformedRow, "the sweep gave no row")
        }
        return try SweepAnswer(row)
    }

    /// Makes the history's partitions of the days ahead and drops those past the retention.
    /// - Parameter sweptAt: the time of a sweep that had no doubt of the clock, by which things are old; nil drops nothing.
    package func maintainHistory(sweptAt: Date?) async throws {
        try await rows(Self.maintainStatement, [.timestamp(sweptAt)])
    }

    /// Worker processes, the latest seen first.
    package func workers(limit: Int = 1000) async throws -> [WorkerRecord] {
        try await rows(Self.workersStatement, [.integer(Int32(clamping: limit))]).map(WorkerRecord.init)
    }
}

/// The SQL functions through which attempts end and sweeps run.
///
/// The owner of the tasks' subjects gives its own, with the same parameters and answers, so that its rows change in the
/// transaction that changes the task.
package struct QueueFunctions: Sendable {
    /// Parameters and rows of `queue.finish_tasks_v1`.
    package var finish: Statement
    /// Parameters and rows of `queue.finish_and_claim_v2`.
    package var finishAndClaim: Statement
    /// Parameters and rows of `queue.sweep_v1`.
    package var sweep: Statement

    /// Names the functions that are called in place of ``plain``.
    package init(finish: Statement, finishAndClaim: Statement, sweep: Statement) {
        self.finish = finish
        self.finishAndClaim = finishAndClaim
        self.sweep = sweep
    }

    /// Tasks that nobody owns.
    package static let plain = QueueFunctions(
        finish: Statement("SELECT * FROM queue.finish_tasks_v1($1, $2, $3, $4, $5, $6)"),
        finishAndClaim: Statement(
            "SELECT * FROM queue.finish_and_claim_v2($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        ),
        sweep: Statement("SELECT * FROM queue.sweep_v1($1, $2, $3, $4, $5)")
    )
}
