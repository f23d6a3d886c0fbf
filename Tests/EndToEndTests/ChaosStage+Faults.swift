import Foundation
import Hypervisor
import Postgres
import TestSupport

/// How each fault is made, and mended again.
extension ChaosStage {
    func hitWorker(_ fault: ChaosFault, _ numbers: inout SeededNumbers) async throws {
        let slot = Int.random(in: Self.workers, using: &numbers)
        let pause = numbers.milliseconds(3_200...6_000)
        try await count(fault, on: "worker \(slot)") {
            if fault == .workerPaused { try await holdUpCalls(of: slot) }
            try await hit(fault, worker(slot), pause) { try await self.replaceWorker(slot) }
        }
    }

    /// Sees to it that a worker is within calls that it cannot cancel: only then does a pause put its fence to the test.
    private func holdUpCalls(of slot: Int) async throws {
        for name in Self.hosts(of: slot) {
            let stuck = FakeHypervisor.Fault(step: .before, behaviour: .stuck(milliseconds: 1_000), times: 3)
            try await script(stuck, on: fleet.host(name))
        }
        try await Task.sleep(for: .milliseconds(500))
    }

    func hitAPI(_ fault: ChaosFault, _ numbers: inout SeededNumbers) async throws {
        let slot = Int.random(in: Self.apis, using: &numbers)
        let pause = numbers.milliseconds(300...2_500)
        try await count(fault, on: "api \(slot)") {
            try await hit(fault, api(slot).process, pause) { try await self.replaceAPI(slot) }
        }
    }

    private func hit(
        _ fault: ChaosFault,
        _ process: ChildProcess,
        _ pause: Duration,
        _ replace: () async throws -> Void
    ) async throws {
        switch fault {
        case .workerPaused, .apiPaused:
            process.send(SIGSTOP)
            defer { process.send(SIGCONT) }
            try await Task.sleep(for: pause)
        case .workerDrained, .apiDrained:
            process.send(SIGTERM)
            let status = try await process.ended()
            // The hardware may have been faster.
            if status == -SIGKILL { ledger.died() }
            if status != 0, status != -SIGKILL { ledger.problem("\(process.name) drained, and ended with \(status)") }
            try await replace()
        default:
            process.crash()
            try await process.ended()
            try await replace()
        }
    }

    func hitDatabase(_ fault: ChaosFault, _ numbers: inout SeededNumbers) async throws {
        let pause = numbers.milliseconds(0...1_500)
        try await count(fault, on: "database") {
            if fault == .serversLocked {
                try await lockServers(for: numbers.milliseconds(500...3_000))
            } else {
                try await cluster.stop(mode: fault == .databaseCrashed ? .immediate : .fast)
                try await Task.sleep(for: pause)
                try await cluster.start()
            }
        }
    }

    /// Nobody can change a server meanwhile: connections stay busy, and their pools run empty.
    private func lockServers(for pause: Duration) async throws {
        try await fleet.database.withConnection { connection in
            try await connection.transaction { connection in
                _ = try await connection.execute(Statement("LOCK TABLE compute.servers IN SHARE MODE"))
                try await Task.sleep(for: pause)
            }
        }
    }

    func fillPools() async {
        let targets = roster.all.suffix(ChaosSettings.servers)
        await withTaskGroup { group in
            for number in 0..<150 {
                let client = api(number % 2).asking(as: "\(targets.first?.owner ?? Fleet.owner):admin")
                group.addTask {
                    // What comes of it is of no interest; the other clients must get through.
                    _ = try? await client.send("GET", "/v2.1/servers/detail?limit=60")
                }
            }
        }
    }

    func hitProxy(_ fault: ChaosFault, _ numbers: inout SeededNumbers) async throws {
        let index = Int.random(in: proxies.indices, using: &numbers)
        let proxy = proxies[index]
        let number = Int.random(in: 0..<1_000, using: &numbers)
        switch fault {
        case .allDropped: try await count(fault) { proxy.dropAll() }
        case .oneDropped: try await count(fault) { proxy.dropOne(number) }
        case .answersCut, .requestsCut:
            let direction: TCPProxy.Direction = fault == .answersCut ? .answer : .request
            try await count(fault, on: "cutting \(index)") {
                proxy.cutNext(1 + number % 12, direction)
                // Not for longer, or whoever connects anew would be refused for as long as its patience lasts.
                try await Task.sleep(for: .seconds(1))
                proxy.cutNext(0, direction)
            }
        case .refused:
            let pause = numbers.milliseconds(300...2_000)
            try await count(fault, on: "refusing \(index)") {
                proxy.setRefusing(true)
                defer { proxy.setRefusing(false) }
                // Those that are there would do without new ones.
                proxy.dropAll()
                try await Task.sleep(for: pause)
            }
        default:
            let isLong = fault == .stalled
            let delay = numbers.milliseconds(isLong ? 2_500...4_500 : 5...150)
            let pause = numbers.milliseconds(isLong ? 300...800 : 1_000...3_000)
            try await count(fault, on: "delaying \(index)") {
                proxy.setDelay(delay)
                defer { proxy.setDelay(.zero) }
                try await Task.sleep(for: pause)
            }
        }
    }

    /// Tells hardware of a fault, or of none. Every call takes a while, so that what happens to a worker happens within one.
    func script(_ fault: FakeHypervisor.Fault?, on host: FakeHypervisor) async throws {
        // One after the other: what is cleared must not be what another is just writing.
        try await waitUntil("nobody else scripts \(host.host)") {
            try await alone(on: "faults of \(host.host)") {
                try await host.clearFaults()
                // The first that fits is met, so that which fits always comes last.
                if let fault { try await host.inject(fault) }
                for step in [FakeHypervisor.Fault.Step.before, .after] {
                    try await host.inject(.init(step: step, behaviour: .slow(milliseconds: 200)))
                }
            }
        }
    }

    func hitHardware(_ fault: ChaosFault, _ numbers: inout SeededNumbers) async throws {
        let name = ChaosSettings.hosts.randomElement(using: &numbers) ?? ChaosSettings.hosts[0]
        let host = try fleet.host(name)
        let isBefore = numbers.isOne(in: 2)
        let milliseconds = Int.random(in: 50...1_500, using: &numbers)
        let times = Int.random(in: 1...6, using: &numbers)
        if fault == .hostDown {
            try await count(fault, on: "host \(name)") {
                try await host.setHostDown(true)
                try await Task.sleep(for: .milliseconds(500 + milliseconds))
                try await host.setHostDown(false)
            }
            return
        }
        // Hardware that says that nothing was changed is believed, so what it does after the effect is not that.
        let (step, behaviour): (FakeHypervisor.Fault.Step, FakeHypervisor.Fault.Behaviour) =
            switch fault {
            case .hardwareSlow: (isBefore ? .before : .after, .slow(milliseconds: milliseconds))
            case .hardwareStuck: (.before, .stuck(milliseconds: 2_000 + 2 * milliseconds))
            case .hardwareHangs: (isBefore ? .before : .after, .hang)
            case .hardwareBusy: (.before, .fail(.transient, .serverBusy))
            case .hardwareBroken: (.before, .fail(.permanent, .diskMissing))
            case .hardwareKills: (isBefore ? .before : .after, .die)
            default: (isBefore ? .before : .after, .fail(.unknownOutcome, .hypervisorFault))
            }
        let hits = fault == .hardwareKills || fault == .hardwareHangs ? 1 : times
        try await count(fault) {
            try await script(.init(step: step, behaviour: behaviour, times: hits), on: host)
        }
    }
}
