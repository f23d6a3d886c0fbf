package import Foundation

/// How a worker works.
package struct WorkerOptions: Sendable {
    /// Identity of this process start; never reused after a restart.
    package var workerID: String
    /// The build, as `reprieve worker list` shows it.
    package var version: String
    /// The queues it serves, and how many tasks of each it runs at once (1 ... 10000).
    package var queues: [String: Int]
    /// How long a lease lasts without a heartbeat: 1 s ... 300 s. Heartbeats go out every third of it.
    package var leaseDuration: Duration
    /// How long an idle worker waits for a wake-up before it looks by itself.
    package var pollInterval: Duration
    /// How often it looks for lost leases, due retries and due purges, give or take a fifth.
    package var sweepInterval: Duration
    /// How long running tasks may go on after shutdown was asked for; and how long a handler may take to stop before its
    /// lease is no longer extended.
    package var shutdownGrace: Duration
    /// When a failed attempt is followed by another.
    package var retryPolicy: RetryPolicy
    /// How long an attempt may take before it is stopped and counts as failed.
    package var attemptLimit: Duration

    /// Describes a worker; what has no default differs from process to process.
    package init(
        workerID: String,
        version: String,
        queues: [String: Int],
        leaseDuration: Duration = .seconds(30),
        pollInterval: Duration = .seconds(5),
        sweepInterval: Duration = .seconds(10),
        shutdownGrace: Duration = .seconds(20),
        retryPolicy: RetryPolicy = RetryPolicy(),
        attemptLimit: Duration = .seconds(600)
    ) {
        self.workerID = workerID
        self.version = version
        self.queues = queues
        self.leaseDuration = leaseDuration
        self.pollInterval = pollInterval
        self.sweepInterval = sweepInterval
        self.shutdownGrace = shutdownGrace
        self.retryPolicy = retryPolicy
        self.attemptLimit = attemptLimit
    }
}

/// What happens in a worker that somebody may want to see. The process decides how loudly it says so.
package enum WorkerEvent: Sendable {
    /// The database knows the worker, and it looks for tasks. Once.
    case ready
    case started(QueuedTask)
    case ended(QueuedTask, status: String, failure: TaskFailure?)
    /// The database knows how far these tasks are.
    case progressed([UUID])
    /// The task ran on without its lease, or its ending came too late; nothing was written.
    case leaseLost(QueuedTask)
    /// Its handler was told to stop and does not: its lease runs out, and another worker makes another attempt. The slot
    /// stays taken.
    case stuck(QueuedTask)
    /// The ending could not be written at all; the lease runs out and another worker makes another attempt.
    case abandoned(QueuedTask, QueueError)
    /// The ending could not be written yet; it is tried again for as long as the lease may be ours.
    case finishFailed(QueuedTask, QueueError)
    /// A lease that no task here knows was handed back.
    case handedBack(HeldLease)
    case claimFailed(QueueError)
    case heartbeatFailed(QueueError)
    case sweepFailed(QueueError)
    case rescued(Int)
    /// The owner of the tasks' subjects wants a person to know; once, until it changes.
    case note(String)
    case draining(running: Int)
}
