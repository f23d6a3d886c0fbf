import Postgres

/// How attempts end, and what the database says to it.
extension WorkerStateMachine {
    /// What an answer means for the process.
    struct Consequences: Sendable {
        var start: [QueuedTask] = []
        var events: [WorkerEvent] = []
        /// When the next task in backoff falls due, as far as this answer tells.
        var nextDue: Duration?
        /// A lease or an attempt ends before the watch over them would look.
        var endsUnwatched = false
    }

    /// A handler has returned.
    /// - Parameter jitter: 0 ... 1, for the delay before another attempt, if there is one.
    /// - Returns: the event, when the lease is lost and there is nothing to write.
    mutating func handlerEnded(
        _ lease: HeldLease,
        _ outcome: TaskOutcome,
        jitter: @autoclosure () -> Double
    ) -> WorkerEvent? {
        guard let task = held[lease]?.task else { return nil }
        let reason = book.stopReason(of: lease)
        guard reason != .leaseLost else {
            occupied[task.queue, default: 0] -= 1
            forget(lease)
            return .leaseLost(task)
        }
        end(lease, ending(of: task, outcome, stopped: reason, jitter))
        return nil
    }

    mutating func end(_ lease: HeldLease, _ ending: TaskEnding) {
        held[lease]?.ending = ending
        waiting.append(lease)
    }

    /// Endings for one exchange: as many as there are, or one that must go alone.
    mutating func takeEndings() -> [TaskEnding] {
        guard let first = waiting.first else { return [] }
        let isAlone = held[first]?.isAlone ?? false
        let count = isAlone ? 1 : waiting.prefix(Self.batchLimit).prefix { held[$0]?.isAlone != true }.count
        let leases = waiting.prefix(count)
        waiting.removeFirst(count)
        return leases.compactMap { leave($0) }
    }

    /// The next ending that may have to wait for a locked row; nil while another is on its way.
    mutating func takeSuspect(at now: ContinuousClock.Instant) -> TaskEnding? {
        guard let index = suspects.firstIndex(where: { $0.notBefore <= now }) else { return nil }
        guard !inFlight.values.contains(where: \.isSuspect) else { return nil }
        return leave(suspects.remove(at: index).lease)
    }

    /// An ending goes on its way, and its task leaves its slot.
    private mutating func leave(_ lease: HeldLease) -> TaskEnding? {
        guard let held = held[lease] else { return nil }
        occupied[held.task.queue, default: 0] -= 1
        return held.ending
    }

    /// The database has answered an exchange.
    mutating func answered(
        _ exchange: Exchange,
        _ answer: ExchangeAnswer,
        at now: ContinuousClock.Instant
    ) -> Consequences {
        inFlight[exchange.number] = nil
        contact.succeeded(at: now)
        backoff.reset()
        retryAt = nil
        var consequences = Consequences()
        consequences.nextDue = (exchange.endings.map(\.verb.delay) + [answer.claim?.nextDue]).compactMap { $0 }.min()
        for ending in exchange.endings {
            guard let task = held[ending.lease]?.task else { continue }
            consequences.events.append(event(task, ending, answer.endings[ending.lease]))
            forget(ending.lease)
        }
        if let claim = answer.claim {
            consequences.start = take(claim, of: exchange)
            consequences.endsUnwatched = !claim.tasks.isEmpty && endsUnwatched(exchange)
        }
        return consequences
    }

    /// An exchange failed: perhaps it was done, perhaps not.
    ///
    /// Endings are sent again for as long as their leases may be ours: what was done is then found done. Where the
    /// database waited in vain for a locked row, each goes alone, so that only the one whose row it is waits on. Where
    /// it refused, each ending goes alone too; and one that is refused alone is recorded as a failure, since merely
    /// handed back, the task would be done and refused for ever.
    mutating func failed(
        _ exchange: Exchange,
        _ error: QueueError,
        at now: ContinuousClock.Instant,
        jitter: Double
    ) -> [WorkerEvent] {
        inFlight[exchange.number] = nil
        var events: [WorkerEvent] = []
        if exchange.claim != nil {
            // If it was a look from the start, nobody has looked.
            wakeToPoll()
            events.append(.claimFailed(error))
        }
        if error.code.isOutage {
            contact.failed()
            retryAt = now + backoff.next(jitter: jitter)
        } else if exchange.claim != nil, error.code != .contended || exchange.endings.isEmpty {
            claimAfter = now + Self.claimPause
        }
        let isTold = exchange.endings.count == 1 && exchange.claim == nil
        switch error.code {
        case .contended:
            return events + exchange.endings.compactMap { suspect($0, error, wasAlone: isTold, at: now) }
        case _ where error.code.isOutage:
            return events + exchange.endings.reversed().compactMap { sendAgain($0, error, at: now) }
        default:
            return events
                + exchange.endings.reversed().compactMap { sendDifferently($0, error, wasAlone: isTold, at: now) }
        }
    }

    /// The row of this ending may be locked by somebody; when it was sent alone, it is.
    private mutating func suspect(
        _ ending: TaskEnding,
        _ error: QueueError,
        wasAlone: Bool,
        at now: ContinuousClock.Instant
    ) -> WorkerEvent? {
        guard let task = held[ending.lease]?.task else { return nil }
        guard mayBeOurs(ending.lease, at: now) else {
            abandon(ending.lease, at: now)
            return .abandoned(task, error)
        }
        suspects.append(Suspect(lease: ending.lease, notBefore: wasAlone ? now + Self.lockPause : now))
        occupied[task.queue, default: 0] += 1
        return wasAlone ? .finishFailed(task, error) : nil
    }

    private func mayBeOurs(_ lease: HeldLease, at now: ContinuousClock.Instant) -> Bool {
        book.entries[lease].map { now < $0.deadline } ?? false
    }

    /// A lease may be ours until its deadline, whatever a heartbeat says: the lost answer may have been the end of it.
    private mutating func sendAgain(
        _ ending: TaskEnding,
        _ error: QueueError,
        at now: ContinuousClock.Instant
    ) -> WorkerEvent? {
        guard let task = held[ending.lease]?.task else { return nil }
        guard mayBeOurs(ending.lease, at: now) else {
            abandon(ending.lease, at: now)
            return .abandoned(task, error)
        }
        putBack(ending.lease, task)
        return .finishFailed(task, error)
    }

    private mutating func sendDifferently(
        _ ending: TaskEnding,
        _ error: QueueError,
        wasAlone: Bool,
        at now: ContinuousClock.Instant
    ) -> WorkerEvent? {
        guard var entry = held[ending.lease] else { return nil }
        if wasAlone, entry.isRefused {
            abandon(ending.lease, at: now)
            return .abandoned(entry.task, error)
        }
        if wasAlone {
            let failure = TaskFailure.refused(error)
            let verb = verb(after: failure, entry.task, jitter: 1)
            entry.isRefused = true
            entry.ending = TaskEnding(lease: ending.lease, verb: verb, failure: failure)
        }
        entry.isAlone = true
        held[ending.lease] = entry
        putBack(ending.lease, entry.task)
        return nil
    }

    private mutating func putBack(_ lease: HeldLease, _ task: QueuedTask) {
        waiting.insert(lease, at: 0)
        occupied[task.queue, default: 0] += 1
    }

    private mutating func abandon(_ lease: HeldLease, at now: ContinuousClock.Instant) {
        forget(lease)
        abandoned[lease] = now
    }

    private mutating func forget(_ lease: HeldLease) {
        held[lease] = nil
        book.finish(lease)
    }

    private func event(_ task: QueuedTask, _ ending: TaskEnding, _ answer: FinishAnswer?) -> WorkerEvent {
        guard let answer else { return .ended(task, status: ending.verb.name, failure: ending.failure) }
        guard answer.verdict != .lost, let status = answer.status else { return .leaseLost(task) }
        return .ended(task, status: status, failure: ending.failure)
    }
}

// MARK: - From outcome to ending

extension WorkerStateMachine {
    private func ending(
        of task: QueuedTask,
        _ outcome: TaskOutcome,
        stopped: LeaseBook.StopReason?,
        _ jitter: () -> Double
    ) -> TaskEnding {
        switch outcome {
        case .cancelled where stopped == .timedOut, .failed where stopped == .timedOut,
            .unseen where stopped == .timedOut:
            return TaskEnding(
                lease: task.held,
                verb: verb(after: .timedOut, task, jitter: jitter()),
                failure: .timedOut
            )
        case .succeeded(let result):
            return TaskEnding(lease: task.held, verb: .succeeded, result: result)
        case .cancelled:
            return TaskEnding(lease: task.held, verb: stopped == .shutdown ? .released : .cancelled)
        case .unseen where stopped == .shutdown:
            return TaskEnding(lease: task.held, verb: .released)
        case .unseen(let failure):
            let pause = options.retryPolicy.pause(jitter: jitter())
            return TaskEnding(lease: task.held, verb: .unseen(for: pause), failure: failure)
        case .failed(let failure):
            switch stopped {
            case .shutdown where failure.isTransient:
                return TaskEnding(lease: task.held, verb: .released)
            case .cancelRequested:
                return TaskEnding(lease: task.held, verb: .cancelled, failure: failure)
            default:
                return TaskEnding(
                    lease: task.held,
                    verb: verb(after: failure, task, jitter: jitter()),
                    failure: failure
                )
            }
        }
    }

    private func verb(after failure: TaskFailure, _ task: QueuedTask, jitter: Double) -> TaskEnding.Verb {
        options.retryPolicy.verb(
            after: failure,
            attempt: task.attempt,
            maxAttempts: task.maxAttempts,
            jitter: jitter
        )
    }
}

extension TaskFailure {
    /// The attempt took longer than ``WorkerOptions/attemptLimit``.
    static let timedOut = TaskFailure(
        isTransient: true,
        code: "timed_out",
        reason: "The attempt took too long and was stopped.",
        cause: "the attempt took longer than worker.attempt_limit"
    )

    /// The database refused to record how the attempt ended.
    static func refused(_ error: QueueError) -> TaskFailure {
        TaskFailure(
            isTransient: true,
            code: "ending_refused",
            reason: "The end of the task could not be recorded.",
            cause: "\(error)"
        )
    }
}

extension QueuedTask {
    /// The lease by which the worker and the database know this attempt.
    package var held: HeldLease { HeldLease(task: id, token: lease.token) }
}
