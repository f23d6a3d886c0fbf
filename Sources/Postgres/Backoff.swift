/// Delays between attempts: exponential, capped, with full jitter.
///
/// Attempt `n` (from 0) waits a random time between zero and `min(cap, base × 2ⁿ)`, so that many clients of one failed
/// server do not come back together. It reads no clock and sleeps nowhere.
package struct Backoff: Sendable {
    /// The upper bound of the first delay.
    package let base: Duration
    /// The upper bound of every delay.
    package let cap: Duration
    private var ceiling: Duration

    /// Makes a backoff that starts at its first delay.
    /// - Precondition: `.zero < base <= cap`.
    package init(base: Duration, cap: Duration) {
        precondition(.zero < base && base <= cap, "a backoff needs 0 < base <= cap")
        self.base = base
        self.cap = cap
        ceiling = base
    }

    /// The next delay, `.zero ... cap`.
    /// - Parameter jitter: which part of the bound, 0 ... 1; random unless told otherwise.
    package mutating func next(jitter: Double = .random(in: 0...1)) -> Duration {
        let bound = ceiling
        ceiling = ceiling > cap / 2 ? cap : ceiling * 2
        return bound * jitter
    }

    /// Starts again at the first delay; call it after a success.
    package mutating func reset() {
        ceiling = base
    }
}
