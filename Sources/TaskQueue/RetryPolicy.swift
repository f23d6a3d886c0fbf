import Postgres

/// Decides what follows a failed attempt. Pure but for the jitter.
package struct RetryPolicy: Sendable, Hashable {
    /// The upper bound of the first delay.
    package var base: Duration
    /// The upper bound of every delay.
    package var cap: Duration

    /// - Precondition: `.zero < base <= cap`.
    package init(base: Duration = .seconds(1), cap: Duration = .seconds(60)) {
        precondition(.zero < base && base <= cap, "a retry policy needs 0 < base <= cap")
        self.base = base
        self.cap = cap
    }

    /// Another attempt after a delay whose bound grows with the attempts, or the dead letter. What could not even be tried
    /// waits for half of the cap to all of it, and for as long as it takes.
    /// - Parameter jitter: which part of the bound the delay is, 0 ... 1; random unless told otherwise.
    package func verb(
        after failure: TaskFailure,
        attempt: Int,
        maxAttempts: Int,
        jitter: Double = .random(in: 0...1)
    ) -> TaskEnding.Verb {
        if failure.isTransient, !failure.countsAsAttempt { return .waiting(for: pause(jitter: jitter)) }
        guard failure.isTransient, attempt < maxAttempts else { return .failed }
        var backoff = Backoff(base: base, cap: cap)
        for _ in 1..<max(1, attempt) { _ = backoff.next() }
        return .retrying(after: backoff.next(jitter: jitter))
    }

    /// How long to wait for something to come back: half of the cap to all of it.
    func pause(jitter: Double) -> Duration { cap * (0.5 + jitter / 2) }
}
