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
