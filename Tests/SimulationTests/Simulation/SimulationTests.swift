import Foundation
import TestSupport
import Testing

@Suite("The simulation")
struct SimulationTests {
    /// `REPRIEVE_SIMULATION_SEED=S` plays one seed again, `REPRIEVE_SIMULATION_SEEDS=N` plays the first N.
    private static let seeds: ClosedRange<UInt64> = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["REPRIEVE_SIMULATION_SEED"].flatMap(UInt64.init) { return seed...seed }
        return 1...max(1, environment["REPRIEVE_SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 300)
    }()

    @Test("keeps every promise, whatever the seed brings")
    func keepsPromises() {
        var tally: [String: Int] = [:]
        for seed in Self.seeds {
            let run = Self.run(seed: seed)
            tally.merge(run.tally, uniquingKeysWith: +)
            guard run.violations.isEmpty else {
                Issue.record("\(Self.story(of: seed))")
                return
            }
        }
        guard Self.seeds.count >= 100 else { return }
        // What never comes is not tried.
        for what in Self.expected {
            #expect(tally[what, default: 0] > 0, "\(what) never came: \(tally)")
        }
    }

    private static let expected = [
        "kill -9", "pause", "SIGTERM", "database restart", "long outage", "clock jump", "host away", "hold",
        "server locked", "exchange blocked", "ending blocked", "leases overtaken", "cut off", "handler given up",
        "exchange lost", "exchange late", "exchange refused", "exchange answer lost", "heartbeat answer lost",
        "sweep late", "request answer lost", "last look answer lost", "hypervisor's answer lost", "lease rescued",
        "soft_delete succeeded", "soft_delete cancelled", "restore succeeded", "restore failed", "restore cancelled",
        "purge succeeded", "purge cancelled", "force_delete succeeded",
    ]

    @Test("tells the same story twice")
    func isDeterministic() {
        let (first, second) = (Self.run(seed: 7, isRecording: true), Self.run(seed: 7, isRecording: true))
        #expect(first.history == second.history && first.history.count > 100)
    }

    @Test("finds that a rule was left out", arguments: Simulation.Breakage.all)
    func finds(breakage: Simulation.Breakage) {
        for seed in UInt64(1)...1_000 where !Self.run(seed: seed, breakages: [breakage]).violations.isEmpty { return }
        Issue.record("no seed of 1,000 found it")
    }

    private static func run(
        seed: UInt64,
        breakages: Set<Simulation.Breakage> = [],
        isRecording: Bool = false
    ) -> Simulation {
        let simulation = Simulation(seed: seed, breakages: breakages, isRecording: isRecording)
        var steps = 0
        while steps < 1_500, simulation.violations.isEmpty {
            simulation.step()
            steps += 1
        }
        if simulation.violations.isEmpty { simulation.finish() }
        return simulation
    }

    /// The end of a run that broke a promise, played again to be told.
    private static func story(of seed: UInt64) -> String {
        let run = run(seed: seed, isRecording: true)
        return """
            seed \(seed) broke promises; REPRIEVE_SIMULATION_SEED=\(seed) plays it again
            \(run.violations.joined(separator: "\n"))
            the last of \(run.history.count) lines of its history:
            \(run.history.suffix(120).joined(separator: "\n"))
            """
    }
}

extension Simulation.Breakage {
    /// Without those behind which another guard stands, so that no promise breaks: a purge that is enqueued too soon is
    /// called off by the last look, a second restore by the one live task of a server, a worker that hears too well of
    /// its lease by the fence, and a rescue ends tasks only to start a force delete.
    static let all: [Simulation.Breakage] =
        ModelDatabase.Breakage.allCases
        .filter { ![.purgeBeforeItsTime, .restoreTwice, .rescueForgetsServer, .heartbeatRevivesFinished].contains($0) }
        .map(Simulation.Breakage.model) + [
            .hardwareIgnoresFences, .hardwareIgnoresLeases, .leasesCountFromTheAnswer, .rescuesDespiteYoungContact,
        ]
}
