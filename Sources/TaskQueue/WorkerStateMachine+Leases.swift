/// The life of leases: heartbeats, deadlines, and leases that nobody here knows.
extension WorkerStateMachine {
    /// The next heartbeat.
    func heartbeatRequest(isStopping: Bool) -> HeartbeatRequest {
        HeartbeatRequest(
            workerID: options.workerID,
            queues: options.queues.keys.sorted(),
            version: options.version,
            isStopping: isStopping,
            leases: book.entries.mapValues(\.progress),
            leaseDuration: options.leaseDuration
        )
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
        return (learned.stop, leasesToHandBack(learned.handBack, at: now))
    }

    /// A heartbeat was not answered, or its answer was lost.
    mutating func heartbeatFailed() {
        contact.failed()
        isHeartless = true
    }

    /// Whether leases of others may be rescued: our own contact has lasted one lease.
    func mayRescue(at now: ContinuousClock.Instant) -> Bool {
        contact.hasLasted(options.leaseDuration, at: now)
    }

    /// Gives up leases that no heartbeat could extend, before the database does, and attempts that take too long.
    /// - Returns: leases whose handlers must stop.
    mutating func tick(at now: ContinuousClock.Instant) -> [HeldLease] {
        book.expire(at: now)
    }

    /// A lost answer to a claim leaves us leases without our knowing. A claim that is being answered right now looks the
    /// same; so a lease counts as unknown when every claim on its way was sent after we first heard of it.
    private mutating func leasesToHandBack(
        _ reported: [HeldLease],
        at now: ContinuousClock.Instant
    ) -> [HeldLease] {
        var still: [HeldLease: ContinuousClock.Instant] = [:]
        for lease in reported where held[lease] == nil { still[lease] = unknown[lease] ?? now }
        let known = unknown
        unknown = still
        return still.filter { lease, since in
            known[lease] != nil && inFlight.values.allSatisfy { $0.claim == nil || $0.sent > since }
        }.map(\.key)
    }
}
