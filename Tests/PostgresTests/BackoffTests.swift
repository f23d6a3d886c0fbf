import Postgres
import Testing

@Suite("Backoff")
struct BackoffTests {
    @Test("doubles its bound up to the cap, and starts again after a reset")
    func bounds() {
        var backoff = Backoff(base: .milliseconds(100), cap: .milliseconds(350))
        let delays = (0..<4).map { _ in backoff.next(jitter: 1) }
        #expect(delays == [.milliseconds(100), .milliseconds(200), .milliseconds(350), .milliseconds(350)])
        backoff.reset()
        #expect(backoff.next(jitter: 1) == .milliseconds(100))
    }

    @Test("jitters down to zero")
    func jitter() {
        var backoff = Backoff(base: .seconds(1), cap: .seconds(8))
        #expect((0..<5).allSatisfy { _ in backoff.next(jitter: 0) == .zero })
    }

    @Test("draws from the whole of its bound, and survives any number of failures")
    func many() {
        var backoff = Backoff(base: .milliseconds(1), cap: .seconds(30))
        let delays = (0..<10_000).map { _ in backoff.next() }
        #expect(delays.allSatisfy { .zero <= $0 && $0 <= .seconds(30) })
        #expect(delays.contains { $0 > .seconds(27) } && delays.suffix(5000).contains { $0 < .seconds(3) })
    }
}
