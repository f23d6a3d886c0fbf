/// The moment at which waiting stops, on the monotonic clock of this machine.
struct Deadline: Sendable {
    private let instant: ContinuousClock.Instant?

    /// A deadline `timeout` from now; without a timeout, one that never comes.
    init(after timeout: Duration?) {
        instant = timeout.map { .now + $0 }
    }

    /// Whether the moment is past.
    var isPast: Bool {
        instant.map { $0 <= .now } ?? false
    }

    /// What is left as `poll(2)` wants it: milliseconds, rounded up so that it does not spin; -1 waits for ever.
    var pollMilliseconds: Int32 {
        guard let instant else { return -1 }
        let left = ContinuousClock.now.duration(to: instant).wholeMicroseconds
        return Int32(clamping: max(0, (left + 999) / 1000))
    }
}
