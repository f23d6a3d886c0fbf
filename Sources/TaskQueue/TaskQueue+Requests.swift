package import Foundation

/// A task to be enqueued.
package struct NewTask: Sendable, Hashable {
    /// Its own for good: a live task with this id refuses another. One that has ended is not looked for, which would
    /// cost as much as the enqueueing: who may ask twice for the same does it as `compute` does, by a request id.
    package var id: UUID
    /// 1 ... 253 letters, digits, dots, dashes, underscores.
    package var queue: String
    /// What is to be done; a worker that does not know it leaves the task to others.
    package var kind: String
    /// What it acts on; of one subject there is at most one live task.
    package var subjectID: UUID
    /// The request that asked for it, for logs and events.
    package var requestID: String
    /// JSON.
    package var payload: String
    /// 0 (first) ... 2 (last).
    package var priority: Int
    /// 1 ... 100.
    package var maxAttempts: Int
    /// A W3C `traceparent`, or nil.
    package var traceContext: String?

    /// Describes a task; ranges are checked by the database.
    package init(
        id: UUID = UUID(),
        queue: String,
        kind: String,
        subjectID: UUID,
        requestID: String,
        payload: String = "{}",
        priority: Int = 1,
        maxAttempts: Int = 5,
        traceContext: String? = nil
    ) {
        self.id = id
        self.queue = queue
        self.kind = kind
        self.subjectID = subjectID
        self.requestID = requestID
        self.payload = payload
        self.priority = priority
        self.maxAttempts = maxAttempts
        self.traceContext = traceContext
    }
}

/// What a worker asks for in one claim.
package struct ClaimRequest: Sendable, Hashable {
    /// Identity of this process start; never reused after a restart.
    package var workerID: String
    /// What the worker can do; tasks of other kinds are left to others.
    package var kinds: Set<String>
    /// Where to look, each queue once.
    package var queues: [QueueRequest]
    /// 1 s ... 300 s, on the database's clock.
    package var leaseDuration: Duration
    /// How many slots this worker has filled so far, modulo seven: whose turn it is among the priority classes.
    package var turn: Int32

    /// One queue's part of a claim.
    package struct QueueRequest: Sendable, Hashable {
        /// The queue's name, which is its host's.
        package var name: String
        /// Free slots: 0 ... 512.
        package var limit: Int
        /// Where to begin, for each priority class.
        package var low: [Int64]

        /// Asks a queue for up to `limit` tasks; by default from the start of each class.
        package init(name: String, limit: Int, low: [Int64] = Watermark.start) {
            self.name = name
            self.limit = limit
            self.low = low
        }
    }

    /// Asks for tasks on behalf of one worker.
    package init(
        workerID: String,
        kinds: Set<String>,
        queues: [QueueRequest],
        leaseDuration: Duration,
        turn: Int32 = 0
    ) {
        self.turn = turn
        self.workerID = workerID
        self.kinds = kinds
        self.queues = queues
        self.leaseDuration = leaseDuration
    }
}

/// The answer to a claim.
package struct Claim: Sendable, Hashable {
    /// By class, then by position.
    package var tasks: [QueuedTask]
    /// When the next task in backoff of these queues falls due, from now; zero or less: it is due.
    package var nextDue: Duration?
    /// Whether one of these queues may run only so many tasks at once, so that the end of one makes room.
    package var isLimited = false
}

/// What a worker says at each heartbeat.
package struct HeartbeatRequest: Sendable, Hashable {
    /// Identity of this process start; never reused after a restart.
    package var workerID: String
    /// The queues it serves, in which leases that it did not name are looked for.
    package var queues: [String]
    /// The build, as `reprieve worker list` shows it.
    package var version: String
    /// Whether it claims nothing any more.
    package var isStopping: Bool
    /// The leases to extend, and how far their tasks are; nil leaves the progress as it is.
    package var leases: [HeldLease: TaskProgress?]
    /// For how long from now they are extended: 1 s ... 300 s, on the database's clock.
    package var leaseDuration: Duration

    /// Describes what one process says.
    package init(
        workerID: String,
        queues: [String],
        version: String,
        isStopping: Bool,
        leases: [HeldLease: TaskProgress?],
        leaseDuration: Duration
    ) {
        self.workerID = workerID
        self.queues = queues
        self.version = version
        self.isStopping = isStopping
        self.leases = leases
        self.leaseDuration = leaseDuration
    }
}

/// What the database says of one lease.
package struct HeartbeatAnswer: Sendable, Hashable {
    /// What is to become of the lease; the raw values are the SQL's words.
    package enum Verdict: String, Sendable, Hashable {
        case held
        /// Held, but somebody asked to stop.
        case cancel
        /// Another's now, or the task has ended.
        case lost
        /// This worker's, but it did not name it.
        case unknown
    }

    /// The lease it is about.
    package var lease: HeldLease
    /// What the database knows of it.
    package var verdict: Verdict

    /// Makes an answer, as a row of the heartbeat has it.
    package init(lease: HeldLease, verdict: Verdict) {
        self.lease = lease
        self.verdict = verdict
    }
}

/// What became of one ending.
package struct FinishAnswer: Sendable, Hashable {
    /// The raw values are the SQL's words.
    package enum Verdict: String, Sendable, Hashable {
        case finished
        /// It could not be tried, and waits.
        case waiting
        /// This very finish had been done before.
        case again
        /// The lease is another's, or the task has ended: nothing was changed.
        case lost
    }

    /// The lease whose attempt ended.
    package var lease: HeldLease
    /// Whether the ending took effect.
    package var verdict: Verdict
    /// The task status now; nil when lost.
    package var status: String?
}

/// One sweep. The clock readings let the owner of deadlines notice a clock that jumped.
package struct SweepRequest: Sendable, Hashable {
    /// Whether lost leases may be rescued now.
    package var mayRescue: Bool
    /// Rows a step: 1 ... 1000.
    package var limit: Int
    /// What the last sweep said of the time, and how long ago that was by this process's monotonic clock.
    package var previous: (sweptAt: Date, elapsed: Duration)? {
        guard let sweptAt, let elapsed else { return nil }
        return (sweptAt, elapsed)
    }
    /// This process's wall clock; nil gives no witness.
    package var witness: Date?
    var sweptAt: Date?
    var elapsed: Duration?

    /// Describes a sweep; see the properties.
    package init(mayRescue: Bool, limit: Int = 200, previous: (sweptAt: Date, elapsed: Duration)?, witness: Date?) {
        self.mayRescue = mayRescue
        self.limit = limit
        self.witness = witness
        sweptAt = previous?.sweptAt
        elapsed = previous?.elapsed
    }
}

extension SweepRequest {
    /// The time of the sweep, unless it found the clock doubtful or had nothing to compare it with.
    func trusts(_ answer: SweepAnswer) -> Date? {
        previous != nil && answer.note == nil ? answer.sweptAt : nil
    }
}

/// What a sweep did.
package struct SweepAnswer: Sendable, Hashable {
    /// The database's clock; nil when another sweep was at work, and this one did nothing.
    package var sweptAt: Date?
    /// Tasks whose lost leases ended, at most the request's limit.
    package var rescued: Int
    /// Tasks that the owner of the subjects made in this sweep.
    package var enqueued: Int
    /// Something a person should know, or nil.
    package var note: String?
}

/// A worker process as the database knows it.
package struct WorkerRecord: Sendable, Hashable {
    /// Identity of the process start.
    package var id: String
    /// The queues it serves.
    package var queues: [String]
    /// The build it runs.
    package var version: String
    /// Its first heartbeat, by the database's clock.
    package var startedAt: Date
    /// Its last heartbeat, by the database's clock.
    package var lastSeenAt: Date
    /// Whether it said that it claims nothing any more.
    package var isStopping: Bool
    /// Whether it was heard of lately and did not say goodbye.
    package var isAlive: Bool
    /// Leases it holds.
    package var running: Int
}
