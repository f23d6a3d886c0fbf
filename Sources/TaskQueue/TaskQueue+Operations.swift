package import Foundation
import Postgres

/// What an operator says about queues, and what can be seen of them. Each call throws ``QueueError``.
extension TaskQueue {
    /// Pauses a queue: its tasks are accepted and wait, running ones go on. It outlives every process.
    /// - Parameter reason: shown to whoever waits; nil keeps that of an earlier pause.
    /// - Returns: since when it had been paused before; nil when it was not.
    package func pause(_ queue: String, reason: String?) async throws -> Date? {
        try await time(Self.pauseStatement, [.text(queue), .text(reason)])
    }

    /// Lets workers claim from a queue again, and wakes them.
    /// - Returns: since when it had been paused; nil when it was not.
    package func resume(_ queue: String) async throws -> Date? {
        let since = try await time(Self.resumeStatement, [.text(queue)])
        try await wake([queue])
        return since
    }

    /// Sets how many tasks of a queue run at once, over all its workers, and wakes them.
    /// - Parameter limit: 1 ... 10,000; nil: as many as the workers have slots. Those that run go on, also when they are
    ///   more.
    package func setRunningLimit(_ limit: Int?, of queue: String) async throws {
        try await rows(Self.limitStatement, [.text(queue), .integer(limit.map(Int32.init(clamping:)))])
        try await wake([queue])
    }

    /// How queues stand, by name; it reads every live task.
    /// - Parameter name: only this one; nil for every queue that has a live task or an open dead letter, that an operator
    ///   said something about, or that a worker has served lately.
    package func stats(of name: String? = nil) async throws -> [QueueStats] {
        try await rows(Self.statsStatement, [.text(name)]).map(QueueStats.init)
    }

    private func time(_ statement: Statement, _ parameters: [PostgresValue]) async throws -> Date? {
        try await rows(statement, parameters).first?.decode(Date?.self, "since") ?? nil
    }

    private static let pauseStatement = Statement("SELECT queue.pause_v1($1, $2) AS since")
    private static let resumeStatement = Statement("SELECT queue.resume_v1($1) AS since")
    private static let limitStatement = Statement("SELECT queue.limit_v1($1, $2)")
    private static let statsStatement = Statement("SELECT * FROM queue.stats_v1($1)")
}

/// How one queue stands.
package struct QueueStats: Sendable, Hashable {
    /// The queue's name, which is its host's.
    package var name: String
    /// Runnable tasks by priority class, the first class first; three numbers.
    package var queued: [Int]
    /// Tasks on which a worker has a lease, also one that has run out and is not rescued yet.
    package var running: Int
    /// Tasks that wait for their next attempt.
    package var retrying: Int
    /// How long ago the oldest task that waits was accepted.
    package var oldestAge: Duration?
    /// When the next attempt of a retrying task is due, from now; less than zero: it is overdue.
    package var nextDue: Duration?
    /// Dead letters that nobody has asked for again.
    package var dead: Int
    /// Since when nothing is claimed from it; nil when it is not paused.
    package var pausedAt: Date?
    /// What the operator said with the pause.
    package var pauseReason: String?
    /// How many tasks may run at once; nil: as many as the workers have slots.
    package var runningLimit: Int?
    /// Worker processes that serve it and have been heard of lately.
    package var workersAlive: Int

    /// All of them together, for a last line.
    /// - Parameter workersAlive: worker processes; one may serve several queues.
    package static func total(of queues: [QueueStats], workersAlive: Int) -> QueueStats {
        QueueStats(
            name: "total",
            queued: (0..<3).map { priority in queues.reduce(0) { $0 + $1.queued[priority] } },
            running: queues.reduce(0) { $0 + $1.running },
            retrying: queues.reduce(0) { $0 + $1.retrying },
            oldestAge: queues.compactMap(\.oldestAge).max(),
            nextDue: queues.compactMap(\.nextDue).min(),
            dead: queues.reduce(0) { $0 + $1.dead },
            workersAlive: workersAlive
        )
    }
}

extension QueueStats {
    init(_ row: Row) throws {
        name = try row.decode(String.self, "name")
        queued = try ["queued_0", "queued_1", "queued_2"].map { try row.decode(Int.self, $0) }
        running = try row.decode(Int.self, "running")
        retrying = try row.decode(Int.self, "retrying")
        oldestAge = try row.decode(Double?.self, "oldest_seconds").map(Duration.seconds)
        nextDue = try row.decode(Double?.self, "next_due_seconds").map(Duration.seconds)
        dead = try row.decode(Int.self, "dead")
        pausedAt = try row.decode(Date?.self, "paused_at")
        pauseReason = try row.decode(String?.self, "pause_reason")
        runningLimit = try row.decode(Int?.self, "running_limit")
        workersAlive = try row.decode(Int.self, "workers_alive")
    }
}
