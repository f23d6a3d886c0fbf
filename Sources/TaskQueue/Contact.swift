/// How long a process has been in touch with the database without a break. Pure.
///
/// After a failover or a pause every lease looks lost to whoever looks first; so nobody rescues before its own contact
/// has lasted one lease, by which time every live worker has sent its heartbeat.
struct Contact: Sendable {
    private var since: ContinuousClock.Instant?
    private var latest: ContinuousClock.Instant?
    /// A silence longer than this is a break.
    let longestSilence: Duration

    init(longestSilence: Duration) {
        self.longestSilence = longestSilence
    }

    mutating func succeeded(at now: ContinuousClock.Instant) {
        if let latest, now - latest <= longestSilence {
            self.latest = now
        } else {
            (since, latest) = (now, now)
        }
    }

    mutating func failed() {
        (since, latest) = (nil, nil)
    }

    func hasLasted(_ duration: Duration, at now: ContinuousClock.Instant) -> Bool {
        guard let since, let latest, now - latest <= longestSilence else { return false }
        return now - since >= duration
    }
}
