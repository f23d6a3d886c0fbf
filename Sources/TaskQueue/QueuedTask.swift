package import Foundation

/// One claimed task: what is to be done, and the lease under which it may be done.
///
/// Source: sql/functions/queue_claim_tasks_v3.sql
package struct QueuedTask: Sendable, Hashable, Identifiable {
    /// Who enqueues draws it; a UUIDv7 where the database does.
    package var id: UUID
    /// The queue it was claimed from.
    package var queue: String
    /// What is to be done, by which a worker finds the handler.
    package var kind: String
    /// What it acts on; the queue knows no more of it.
    package var subjectID: UUID
    /// The request that asked for it.
    package var requestID: String
    /// JSON.
    package var payload: String
    /// 0 (first) ... 2 (last).
    package var priority: Int
    /// Its place in its queue, from one sequence over all queues.
    package var position: Int64
    /// Which attempt this is, from 1; attempts cut short by a shutdown or a lost lease do not count.
    package var attempt: Int
    /// After so many counted attempts that failed it is a dead letter: 1 ... 100.
    package var maxAttempts: Int
    /// The right to act, for this attempt.
    package var lease: Lease
    /// A W3C `traceparent`, or nil.
    package var traceContext: String?
    /// Whether somebody asked to stop it before it was claimed: its handler is cancelled from the start, and may only
    /// look what an attempt before this one has done.
    package var isCancelRequested = false

    /// A time-bounded right to act. Leases compare by timeline, then token: the later one is the greater.
    package struct Lease: Sendable, Hashable {
        /// The timeline of the database that granted it; a failover begins a new one.
        package var timeline: UInt32
        /// Drawn at the claim from one sequence over all tasks.
        package var token: Int64

        /// Makes a lease out of its two parts, as a claim's row has them.
        package init(timeline: UInt32, token: Int64) {
            self.timeline = timeline
            self.token = token
        }
    }
}

/// The name of one held lease: a task and the token under which this process holds it.
package struct HeldLease: Sendable, Hashable {
    /// The task it is a lease on.
    package var task: UUID
    /// As ``QueuedTask/Lease/token``.
    package var token: Int64

    /// Names a lease; whether it is held, only the database knows.
    package init(task: UUID, token: Int64) {
        self.task = task
        self.token = token
    }
}
