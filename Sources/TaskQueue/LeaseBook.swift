import Foundation

/// The leases one worker process holds, and what must happen to them. Pure: no clock, no I/O.
///
/// A lease goes: granted -> held (each heartbeat moves its deadline) -> finished,
/// or held -> stopping (asked to cancel, lost, about to run out, too slow, or the process shuts down) -> finished.
/// Deadlines are instants of this process's monotonic clock, counted from *before* the claim or heartbeat was sent, so
/// that this process gives a lease up before the database does.
struct LeaseBook: Sendable {
    /// Why a task must stop. Whoever comes first wins, but a lost lease beats all.
    enum StopReason: Sendable, Hashable {
        case cancelRequested
        case shutdown
        case timedOut
        case leaseLost
    }

    struct Entry: Sendable {
        var deadline: ContinuousClock.Instant
        /// When the attempt has taken too long.
        var attemptEnds: ContinuousClock.Instant?
        var progress: TaskProgress?
        var stop: StopReason?
        /// Since when it is known that its handler was told to stop.
        var toldAt: ContinuousClock.Instant?
        /// Whether heartbeats extend it; not, when its handler did not stop for so long that it was given up.
        var isExtended = true
    }

    private(set) var entries: [HeldLease: Entry] = [:]
    /// How long before its end a lease that could not be extended is given up.
    let margin: Duration

    init(margin: Duration) {
        self.margin = margin
    }

    var isEmpty: Bool { entries.isEmpty }

    func stopReason(of lease: HeldLease) -> StopReason? {
        entries[lease]?.stop
    }

    /// Whether the database cannot have given the lease to another yet.
    func isHeld(_ lease: HeldLease, at now: ContinuousClock.Instant) -> Bool {
        guard let entry = entries[lease], entry.stop != .leaseLost else { return false }
        return now < entry.deadline
    }

    /// When the next lease must be given up if no heartbeat extends it, or the next attempt has taken too long.
    var nextExpiry: ContinuousClock.Instant? {
        entries.values.lazy.filter { $0.stop != .leaseLost }.map { entry in
            let expiry = entry.deadline - margin
            return entry.stop == nil ? entry.attemptEnds.map { min($0, expiry) } ?? expiry : expiry
        }.min()
    }

    mutating func grant(
        _ lease: HeldLease,
        deadline: ContinuousClock.Instant,
        attemptEnds: ContinuousClock.Instant? = nil,
        stop: StopReason? = nil
    ) {
        entries[lease] = Entry(deadline: deadline, attemptEnds: attemptEnds, stop: stop)
    }

    mutating func report(_ progress: TaskProgress, of lease: HeldLease) {
        entries[lease]?.progress = progress
    }

    mutating func finish(_ lease: HeldLease) {
        entries[lease] = nil
    }

    /// Learns from a heartbeat that was sent at `sent` about the leases in it.
    /// - Returns: leases whose tasks must stop now, and leases to hand back because no task here knows them.
    mutating func learn(
        _ answers: [HeartbeatAnswer],
        sent: ContinuousClock.Instant,
        leaseDuration: Duration
    ) -> (stop: [HeldLease], handBack: [HeldLease]) {
        var stop: [HeldLease] = []
        var handBack: [HeldLease] = []
        for answer in answers {
            switch answer.verdict {
            case .held, .cancel:
                entries[answer.lease]?.deadline = sent + leaseDuration
                if answer.verdict == .cancel, mark(answer.lease, .cancelRequested) { stop.append(answer.lease) }
            case .lost:
                if mark(answer.lease, .leaseLost) { stop.append(answer.lease) }
            case .unknown:
                if entries[answer.lease] == nil { handBack.append(answer.lease) }
            }
        }
        return (stop, handBack)
    }

    /// Gives up leases that run out within the margin, and stops attempts that have taken too long.
    mutating func expire(at now: ContinuousClock.Instant) -> [HeldLease] {
        let ending = entries.filter { $0.value.deadline - margin <= now }.map(\.key)
        let late = entries.filter { $0.value.attemptEnds.map { $0 <= now } ?? false }.map(\.key)
        return ending.filter { mark($0, .leaseLost) } + late.filter { mark($0, .timedOut) }
    }

    /// No longer extends the leases of handlers that were told to stop and run on, at least this long after the first call
    /// that saw it.
    /// - Returns: those it found now.
    mutating func giveUp(
        after grace: Duration,
        at now: ContinuousClock.Instant,
        where runsOn: (HeldLease) -> Bool
    ) -> [HeldLease] {
        entries.filter { $0.value.stop != nil && $0.value.isExtended }.keys.filter { lease in
            guard let toldAt = entries[lease]?.toldAt else {
                entries[lease]?.toldAt = now
                return false
            }
            guard now - toldAt >= grace, runsOn(lease) else { return false }
            entries[lease]?.isExtended = false
            return true
        }
    }

    /// Stops every task, for the end of the process's grace.
    mutating func stopAll() -> [HeldLease] {
        entries.keys.filter { mark($0, .shutdown) }
    }

    /// - Returns: whether the task must be told.
    private mutating func mark(_ lease: HeldLease, _ reason: StopReason) -> Bool {
        guard let entry = entries[lease], entry.stop != .leaseLost, entry.stop != reason else { return false }
        guard entry.stop == nil || reason == .leaseLost else { return false }
        entries[lease]?.stop = reason
        return true
    }
}
