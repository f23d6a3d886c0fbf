import Foundation
import Hypervisor
import TestSupport

/// What a chaos run does to Reprieve.
enum ChaosFault: String, Sendable, CaseIterable {
    case workerKilled = "worker: kill -9, started again"
    case workerPaused = "worker: SIGSTOP past its lease, SIGCONT"
    case workerDrained = "worker: SIGTERM, started again"
    case apiKilled = "API: kill -9, started again"
    case apiPaused = "API: SIGSTOP, SIGCONT"
    case apiDrained = "API: SIGTERM, started again"
    case databaseRestarted = "PostgreSQL: fast restart"
    case databaseCrashed = "PostgreSQL: immediate shutdown, start"
    case serversLocked = "PostgreSQL: servers locked by another session"
    case poolsFilled = "pools: 150 reads at once"
    case allDropped = "proxy: every connection dropped"
    case oneDropped = "proxy: one connection dropped"
    case refused = "proxy: new connections refused"
    case delayed = "proxy: bytes delayed"
    case stalled = "proxy: bytes held back past the lease"
    case answersCut = "proxy: connection cut in an answer"
    case requestsCut = "proxy: connection cut in a request"
    case hardwareSlow = "hardware: slow"
    case hardwareStuck = "hardware: stuck past the lease, cannot be cancelled"
    case hardwareHangs = "hardware: hangs until cancelled"
    case hardwareBusy = "hardware: fails for a while"
    case hardwareBroken = "hardware: fails for good"
    case hardwareVague = "hardware: outcome unknown"
    case hardwareKills = "hardware: worker killed before or after the effect"
    case hostDown = "hardware: host away"

    /// Draws every fault before any comes again.
    struct Deck {
        private var numbers: SeededNumbers
        private var rest: [ChaosFault] = []

        init(seed: UInt64) {
            numbers = SeededNumbers(seed: seed)
        }

        mutating func draw() -> (fault: ChaosFault, numbers: SeededNumbers) {
            if rest.isEmpty { rest = ChaosFault.allCases.shuffled(using: &numbers) }
            return (rest.removeLast(), SeededNumbers(seed: numbers.next()))
        }

        mutating func pause() -> Duration { numbers.milliseconds(200...900) }
    }
}

extension ChaosStage {
    /// Makes one fault after the other, some of them at the same time, and returns when all are over.
    func inject(_ settings: ChaosSettings) async {
        var deck = ChaosFault.Deck(seed: settings.seed)
        let deadline = ContinuousClock.now + settings.duration
        await withTaskGroup { group in
            while ContinuousClock.now < deadline, !Task.isCancelled {
                let (fault, numbers) = deck.draw()
                group.addTask { await self.meet(fault, numbers) }
                // Cut short when the test is.
                try? await Task.sleep(for: deck.pause())
            }
        }
    }

    private func meet(_ fault: ChaosFault, _ numbers: SeededNumbers) async {
        var numbers = numbers
        do {
            try await carryOut(fault, &numbers)
        } catch {
            ledger.problem("\(fault.rawValue): \(error)")
        }
    }

    private func carryOut(_ fault: ChaosFault, _ numbers: inout SeededNumbers) async throws {
        switch fault {
        case .workerKilled, .workerPaused, .workerDrained: try await hitWorker(fault, &numbers)
        case .apiKilled, .apiPaused, .apiDrained: try await hitAPI(fault, &numbers)
        case .databaseRestarted, .databaseCrashed, .serversLocked: try await hitDatabase(fault, &numbers)
        case .poolsFilled: try await count(fault) { await fillPools() }
        case .allDropped, .oneDropped, .refused, .delayed, .stalled, .answersCut, .requestsCut:
            try await hitProxy(fault, &numbers)
        default: try await hitHardware(fault, &numbers)
        }
    }

    /// Runs a fault, and counts it unless another is at work on the same thing.
    func count(_ fault: ChaosFault, on thing: String, _ body: () async throws -> Void) async throws {
        _ = try await alone(on: thing) { try await count(fault, body) }
    }

    /// Runs a fault and counts it; it is survived when what was hit works again.
    func count(_ fault: ChaosFault, _ body: () async throws -> Void) async throws {
        ledger.injected(fault.rawValue)
        try await body()
        ledger.survived(fault.rawValue)
    }
}
