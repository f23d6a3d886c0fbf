import Postgres
import Testing

@testable import TaskQueue

@Suite("A pulse")
struct PulseTests {
    /// Longer than any wait that a signal ends.
    private static let long = Duration.seconds(60)

    /// Whether a wait ended before its time was over.
    private static func endsEarly(_ pulse: Pulse) async -> Bool {
        let began = ContinuousClock.now
        await pulse.wait(upTo: long)
        return ContinuousClock.now - began < long
    }

    @Test("keeps a signal that came while nobody waited")
    func kept() async {
        let pulse = Pulse()
        pulse.signal()
        #expect(await Self.endsEarly(pulse))
    }

    @Test("keeps one signal of many, and only for one wait")
    func keptOnce() async {
        let pulse = Pulse()
        pulse.signal()
        pulse.signal()
        #expect(await Self.endsEarly(pulse))
        let began = ContinuousClock.now
        await pulse.wait(upTo: .milliseconds(30))
        #expect(ContinuousClock.now - began >= .milliseconds(30))
    }

    @Test("wakes whoever waits")
    func wakes() async {
        let pulse = Pulse()
        async let early = Self.endsEarly(pulse)
        pulse.signal()
        #expect(await early)
    }

    @Test("ends a wait that is cancelled, before or meanwhile, and keeps the signal for the next")
    func cancelled() async {
        let pulse = Pulse()
        let waiting = Task { await Self.endsEarly(pulse) }
        waiting.cancel()
        #expect(await waiting.value)
        pulse.signal()
        let late = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return await Self.endsEarly(pulse)
        }
        #expect(await late.value)
        #expect(await Self.endsEarly(pulse))
    }

    @Test("ends each wait at its own time, the earlier and the later, whatever was waited for before")
    func timers() async {
        let pulse = Pulse()
        pulse.signal()
        await pulse.wait(upTo: Self.long)
        for limit in [Duration.milliseconds(40), .milliseconds(10), .milliseconds(40)] {
            let began = ContinuousClock.now
            let ringing = Task { await pulse.wait(upTo: limit) }
            await ringing.value
            let waited = ContinuousClock.now - began
            #expect(waited >= limit && waited < Self.long)
        }
        // The timer of a wait that was signalled rings in the middle of the next, which goes on.
        async let signalled: Void = pulse.wait(upTo: .milliseconds(20))
        pulse.signal()
        await signalled
        let began = ContinuousClock.now
        await pulse.wait(upTo: .milliseconds(60))
        #expect(ContinuousClock.now - began >= .milliseconds(60))
    }

    @Test("without a limit waits for a signal or for cancellation")
    func unlimited() async {
        let pulse = Pulse()
        pulse.signal()
        await pulse.wait()
        let waiting = Task { await pulse.wait() }
        waiting.cancel()
        await waiting.value
    }

    @Test("loses none of ten thousand signals between two tasks")
    func manyRounds() async {
        let (there, back) = (Pulse(), Pulse())
        let answering = Task {
            for _ in 0..<10_000 {
                guard await Self.endsEarly(there) else { return false }
                back.signal()
            }
            return true
        }
        var lost = 0
        for _ in 0..<10_000 where lost == 0 {
            there.signal()
            if await !Self.endsEarly(back) { lost += 1 }
        }
        #expect(lost == 0)
        #expect(await answering.value)
    }

    @Test("lets a waiter see every value that was signalled, however they race")
    func racing() async {
        let pulse = Pulse()
        let value = Guarded(0)
        let producing = Task.detached {
            for next in 1...10_000 {
                value.withLock { $0 = next }
                pulse.signal()
                if next.isMultiple(of: 100) { await Task.yield() }
            }
        }
        var isLate = false
        while !isLate, value.withLock({ $0 }) < 10_000 { isLate = await !Self.endsEarly(pulse) }
        #expect(!isLate)
        await producing.value
    }
}
