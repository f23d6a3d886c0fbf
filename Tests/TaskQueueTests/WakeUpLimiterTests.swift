import Testing

@testable import TaskQueue

@Suite("The limit of wake-ups")
struct WakeUpLimiterTests {
    private static let start = ContinuousClock.now

    private static func milliseconds(_ instant: ContinuousClock.Instant) -> Double {
        start.duration(to: instant) / .milliseconds(1)
    }

    @Test("lets a burst pass at once, then one each interval, and puts off the rest")
    func burst() {
        var limiter = WakeUpLimiter(interval: .milliseconds(20), burst: 3)
        let turns = (0..<6).map { _ in Self.milliseconds(limiter.take(at: Self.start)) }
        #expect(turns == [0, 0, 0, 20, 40, 60])
    }

    @Test("never makes those wait who come an interval apart")
    func steady() {
        var limiter = WakeUpLimiter(interval: .milliseconds(20), burst: 1)
        for number in 0..<1000 {
            let now = Self.start + .milliseconds(20 * number)
            #expect(limiter.take(at: now) == now)
        }
    }

    @Test("allows a burst again after a rest, and no more than one however long that was")
    func rest() {
        var limiter = WakeUpLimiter(interval: .milliseconds(20), burst: 3)
        for _ in 0..<5 { _ = limiter.take(at: Self.start) }
        let later = Self.start + .seconds(3600)
        let turns = (0..<4).map { _ in Self.milliseconds(limiter.take(at: later)) }
        #expect(turns == [3_600_000, 3_600_000, 3_600_000, 3_600_020])
    }

    @Test("holds in the long run, however often it is asked", arguments: [1, 7, 19])
    func longRun(step: Int) {
        var limiter = WakeUpLimiter()
        var (now, sent) = (Self.start, 0)
        while now < Self.start + .seconds(10) {
            now = max(now + .milliseconds(step), limiter.take(at: now))
            sent += 1
        }
        #expect((500...511).contains(sent))
    }
}
