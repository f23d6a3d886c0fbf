import Foundation
import Postgres
import TestSupport

/// What a chaos run did, and what it was told: faults, requests and answers, and whatever should not have happened.
final class ChaosLedger: Sendable {
    /// A request as its client knows it.
    struct Sent: Sendable {
        var request: RunRecord.Request
        /// On this machine's clock, which is also the database's.
        var sentAt: Date
        var answeredAt: Date
    }

    struct Fault: Sendable {
        var injected = 0
        /// What was hit works again.
        var survived = 0
    }

    struct Contents: Sendable {
        var sent: [Sent] = []
        var reads = 0
        var faults: [String: Fault] = [:]
        var problems: [String] = []
        var story: [String] = []
        /// Processes that the hardware's faults have ended.
        var died = 0
    }

    private let contents = Guarded(Contents())
    private let start = ContinuousClock.now

    var all: Contents { contents.withLock { $0 } }

    func note(_ sent: Sent) {
        contents.withLock { $0.sent.append(sent) }
    }

    func countRead() {
        contents.withLock { $0.reads += 1 }
    }

    func injected(_ fault: String) {
        contents.withLock { $0.faults[fault, default: Fault()].injected += 1 }
        tell(fault)
    }

    func survived(_ fault: String) {
        contents.withLock { $0.faults[fault, default: Fault()].survived += 1 }
        tell("\(fault): over")
    }

    func died() {
        contents.withLock { $0.died += 1 }
    }

    /// Notes what breaks the run.
    func problem(_ text: String) {
        contents.withLock { $0.problems.append(text) }
        tell("PROBLEM: \(text)")
    }

    /// Notes a line for whoever has to find out what happened.
    func tell(_ text: String) {
        let seconds = String(format: "%.3f", (ContinuousClock.now - start) / .seconds(1))
        let line = "\(Date().ISO8601Format()) \(seconds) \(text)"
        contents.withLock { $0.story.append(line) }
    }
}
