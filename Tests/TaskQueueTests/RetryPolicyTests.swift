import TaskQueue
import Testing

@Suite("A retry policy")
struct RetryPolicyTests {
    private let policy = RetryPolicy(base: .seconds(1), cap: .seconds(60))

    @Test("buries what cannot succeed at once")
    func permanent() {
        #expect(policy.verb(after: .permanent("x"), attempt: 1, maxAttempts: 5) == .failed)
    }

    @Test("buries what has failed as often as it may")
    func attempts() {
        #expect(policy.verb(after: .transient("x"), attempt: 4, maxAttempts: 5) != .failed)
        #expect(policy.verb(after: .transient("x"), attempt: 5, maxAttempts: 5) == .failed)
        #expect(policy.verb(after: .transient("x"), attempt: 6, maxAttempts: 5) == .failed)
    }

    @Test("lets what could not be tried wait for half of the cap to all of it, however often", arguments: [1, 5, 500])
    func waiting(attempt: Int) {
        var away = TaskFailure.transient("away")
        away.countsAsAttempt = false
        for (jitter, delay) in [(0, 30), (1, 60)] {
            let verb = policy.verb(after: away, attempt: attempt, maxAttempts: 5, jitter: Double(jitter))
            #expect(verb == .waiting(for: .seconds(delay)))
        }
    }

    @Test("draws a delay at random, from the whole of its bound")
    func random() {
        let verbs = (0..<500).map { _ in policy.verb(after: .transient("x"), attempt: 1, maxAttempts: 5) }
        let delays = verbs.compactMap { verb -> Duration? in
            guard case .retrying(let delay) = verb else { return nil }
            return delay
        }
        #expect(delays.count == 500 && delays.allSatisfy { $0 >= .zero && $0 <= .seconds(1) })
        #expect(delays.contains { $0 < .milliseconds(250) } && delays.contains { $0 > .milliseconds(750) })
    }

    @Test("doubles the bound of its delay with each attempt up to the cap", arguments: 1...12)
    func bounds(attempt: Int) {
        let bound = min(Duration.seconds(1 << (attempt - 1)), .seconds(60))
        for (jitter, delay) in [(0, Duration.zero), (0.5, bound / 2), (1, bound)] {
            let verb = policy.verb(after: .transient("x"), attempt: attempt, maxAttempts: 100, jitter: jitter)
            #expect(verb == .retrying(after: delay))
        }
    }
}
