/// The life of leases: heartbeats, deadlines, and leases that nobody here knows.
extension WorkerStateMachine {
    /// The next heartbeat. It no longer extends the leases of handlers that were given up; and once every handler must
    /// stop, those of handlers that have: an ending that cannot be written must not keep the process for ever.
    func heartbeatRequest(isStopping: Bool) -> HeartbeatRequest {
        let extended = book.entries.filter { lease, entry in
            let hasEnded = held[lease]?.ending != nil
            return hasEnded ? !isStopped : entry.isExtended
        }
        return HeartbeatRequest(
            workerID: options.workerID,
            queues: options.queues.keys.sorted(),
            version: options.version,
            isStopping: isStopping,
            leases: extended.mapValues(\.progress),
            leaseDuration: options.leaseDuration
        )
    }

    /// Gives up handlers that were told to stop and have not for the grace: a driver that hangs must not keep its task
    /// from everybody else. The slot stays taken for as long as it hangs.
    /// - Returns: their tasks.
    mutating func giveUpStuck(at now: ContinuousClock.Instant) -> [QueuedTask] {
        let held = held
        return book.giveUp(after: options.shutdownGrace, at: now) { held[$0]?.ending == nil }.compactMap {
            held[$0]?.task
        }
    }

    /// A heartbeat was answered.
    /// - Returns: leases whose handlers must stop, and leases to hand back because no task here knows them.
    mutating func heartbeatAnswered(
        _ answers: [HeartbeatAnswer],
        sent: ContinuousClock.Instant,
        at now: ContinuousClock.Instant
    ) -> (stop: [HeldLease], handBack: [HeldLease]) {
        contact.succeeded(at: now)
        if isHeartless { wakeToPoll() }
        isHeartless = false
        let learned = book.learn(answers, sent: sent, leaseDuration: options.leaseDuration)
        return (learned.stop, leasesToHandBack(learned.handBack, sent: sent, at: now))
    }

    /// A heartbeat was not answered, or its answer was lost.
    mutating func heartbeatFailed() {
        contact.failed()
        isHeartless = true
    }

    /// A sweep was refused, or not answered.
    mutating func sweepFailed(_ error: QueueError) {
        // A refusal is an answer.
        if error.code.isOutage { contact.failed() }
    }

    /// Whether leases of others may be rescued: our own contact has lasted one lease.
    func mayRescue(at now: ContinuousClock.Instant) -> Bool {
        contact.hasLasted(options.leaseDuration, at: now)
    }

    /// Gives up leases that no heartbeat could extend, before the database does, and attempts that take too long; the
    /// watch then sleeps until ``watchedUntil``.
    /// - Returns: leases whose handlers must stop.
    mutating func tick(at now: ContinuousClock.Instant) -> [HeldLease] {
        let expired = book.expire(at: now)
        watchedUntil = book.nextExpiry
        return expired
    }

    /// Whether what this exchange claimed ends before the watch looks. Leases that were held before may end later: a
    /// heartbeat that was sent after this exchange may have moved them, and the limit of attempts may be the nearer end.
    func endsUnwatched(_ exchange: Exchange) -> Bool {
        let end = exchange.sent + min(options.leaseDuration - book.margin, options.attemptLimit)
        return watchedUntil.map { end < $0 } ?? true
    }

    /// A lost answer to a claim leaves us leases without our knowing. A claim that is being answered right now looks the
    /// same; so a lease counts as unknown when every claim on its way was sent after we first heard of it.
    private mutating func leasesToHandBack(
        _ reported: [HeldLease],
        sent: ContinuousClock.Instant,
        at now: ContinuousClock.Instant
    ) -> [HeldLease] {
        // A heartbeat that was sent before a lease was abandoned named it, and reports only what it did not name.
        abandoned = abandoned.filter { lease, since in sent < since || reported.contains(lease) }
        var still: [HeldLease: ContinuousClock.Instant] = [:]
        for lease in reported where held[lease] == nil && abandoned[lease] == nil {
            still[lease] = unknown[lease] ?? now
        }
        let known = unknown
        unknown = still
        return still.filter { lease, since in
            known[lease] != nil && inFlight.values.allSatisfy { $0.claim == nil || $0.sent > since }
        }.map(\.key)
    }
}
