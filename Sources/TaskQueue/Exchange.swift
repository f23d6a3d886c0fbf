/// What a worker sends to the database in one round trip: ends of attempts, a claim, or both.
struct Exchange: Sendable {
    /// Counts the exchanges of this process.
    let number: Int
    let endings: [TaskEnding]
    let claim: ClaimRequest?
    /// Before it was sent: leases are counted from here.
    let sent: ContinuousClock.Instant
    /// How often the worker had been woken then.
    let wakes: Int
    /// Whether its one ending may have to wait for a row that somebody holds locked.
    var isSuspect = false

    /// Slots that the claim asks for.
    var asked: Int { claim?.queues.reduce(0) { $0 + $1.limit } ?? 0 }
}

/// The answer to an ``Exchange``.
package struct ExchangeAnswer: Sendable {
    /// What became of the endings, by lease; one that is not here succeeded as it was asked to.
    package var endings: [HeldLease: FinishAnswer]
    /// What was claimed; nil when nothing was asked for.
    package var claim: Claim?

    /// The answers to endings by their leases; one that succeeded may have none.
    package init(endings: [HeldLease: FinishAnswer] = [:], claim: Claim? = nil) {
        self.endings = endings
        self.claim = claim
    }
}
