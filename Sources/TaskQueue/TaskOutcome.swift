/// What a handler made of one attempt.
package enum TaskOutcome: Sendable {
    /// Done. The result is JSON or nil.
    case succeeded(result: String? = nil)
    case failed(TaskFailure)
    /// Asked to stop, and nobody can say now whether it was done: it is looked at again before it is called off.
    case unseen(TaskFailure)
    /// Not done, and not to be done any more.
    case cancelled
}

/// Why an attempt failed.
package struct TaskFailure: Error, Sendable, Hashable {
    /// Whether another attempt could succeed.
    package var isTransient: Bool
    /// Whether something was tried. What only waits for something to come back may wait for ever.
    package var countsAsAttempt: Bool
    /// One word for programs.
    package var code: String
    /// A sentence that the owner of the subject may read.
    package var reason: String
    /// The raw cause, for administrators.
    package var cause: String

    /// Describes a failure; `reason` must be fit for the owner's eyes.
    package init(isTransient: Bool, countsAsAttempt: Bool = true, code: String, reason: String, cause: String) {
        self.isTransient = isTransient
        self.countsAsAttempt = countsAsAttempt
        self.code = code
        self.reason = reason
        self.cause = cause
    }
}

/// Does the work of some kinds of tasks.
package protocol TaskHandler: Sendable {
    /// The kinds it can do; a worker claims no others.
    var kinds: Set<String> { get }

    /// Makes one attempt. What it does outside must be fenced by the task's lease.
    ///
    /// Cancellation: the lease is lost, somebody asked to stop, or the process shuts down: it should return soon.
    func run(_ task: QueuedTask, attempt: TaskAttempt) async -> TaskOutcome
}

/// What a handler can ask and tell while it makes an attempt.
package struct TaskAttempt: Sendable {
    /// Tells how far it is; goes to the database with a heartbeat.
    package var report: @Sendable (TaskProgress) -> Void
    /// Whether the lease is still held, by this process's own monotonic clock; to be asked right before every effect.
    package var isHeld: @Sendable () -> Bool

    /// Hands a handler what it may tell and ask; both are called on any thread.
    package init(report: @escaping @Sendable (TaskProgress) -> Void, isHeld: @escaping @Sendable () -> Bool) {
        self.report = report
        self.isHeld = isHeld
    }
}

/// How far an attempt is.
package struct TaskProgress: Sendable, Hashable, Codable {
    /// One word for what is being done.
    package var step: String
    /// 0 ... 100.
    package var percent: Int

    /// A step by its word, and 0 ... 100 percent of the whole.
    package init(step: String, percent: Int) {
        self.step = step
        self.percent = percent
    }
}

/// How one attempt ends in the database.
package struct TaskEnding: Sendable, Hashable {
    /// How an attempt ends.
    package enum Verb: Sendable, Hashable {
        case succeeded
        case failed
        case cancelled
        /// Another attempt, after the delay.
        case retrying(after: Duration)
        /// Another look, after the delay: nothing could be tried, so this was no attempt.
        case waiting(for: Duration)
        /// Another look, after the delay, before a task that was asked to stop may end: it counts as a lost lease, of
        /// which there is a limit.
        case unseen(for: Duration)
        /// Handed back: the attempt does not count.
        case released
    }

    /// The lease under which it was made; without it the ending has no effect.
    package var lease: HeldLease
    /// How it ended.
    package var verb: Verb
    /// JSON.
    package var result: String?
    /// Why it did not succeed; kept with the task.
    package var failure: TaskFailure?

    /// Describes an ending; `result` is JSON.
    package init(lease: HeldLease, verb: Verb, result: String? = nil, failure: TaskFailure? = nil) {
        self.lease = lease
        self.verb = verb
        self.result = result
        self.failure = failure
    }
}
