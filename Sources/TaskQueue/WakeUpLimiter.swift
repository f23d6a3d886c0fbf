/// When the next wake-up may be sent: a token bucket. Pure.
///
/// A burst goes out at once; beyond it, wake-ups are one interval apart. Nothing is ever refused, only put off.
struct WakeUpLimiter: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// The pause between two wake-ups in the long run.
    var interval: Duration
    /// How many may follow one another at once after a rest, at least 1.
    let burst: Int
    /// When the bucket is full again.
    private var fullAt: Instant?

    /// At most 50 a second in the long run, since every wake-up disturbs all listeners of the database.
    init(interval: Duration = .milliseconds(20), burst: Int = 10) {
        precondition(interval >= .zero && burst >= 1, "a limiter lets something pass")
        self.interval = interval
        self.burst = burst
    }

    /// Takes the next token.
    /// - Returns: `now`, or the moment at which the token is there.
    mutating func take(at now: Instant) -> Instant {
        let full = max(fullAt ?? now, now)
        let turn = max(now, full - interval * (burst - 1))
        fullAt = full + interval
        return turn
    }
}
