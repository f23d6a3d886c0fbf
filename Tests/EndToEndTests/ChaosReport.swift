import Foundation
import Hypervisor
import TestSupport

/// What a chaos run has to say at its end.
struct ChaosReport: CustomStringConvertible {
    let settings: ChaosSettings
    let record: ChaosRecord
    let ledger: ChaosLedger.Contents
    let proxies: [TCPProxy.Counts]
    let violations: [String]

    var description: String {
        (["chaos run of \(settings.duration), seed \(settings.seed)", ""] + faults + [""] + figures + [""] + verdict)
            .joined(separator: "\n")
    }

    private var faults: [String] {
        let lines = ChaosFault.allCases.map { fault in
            let count = ledger.faults[fault.rawValue] ?? .init()
            return row(fault.rawValue, ["\(count.injected)", "\(count.survived)"])
        }
        let total = ledger.faults.values.reduce((0, 0)) { ($0.0 + $1.injected, $0.1 + $1.survived) }
        return [row("fault", ["injected", "survived"])] + lines + [row("all", ["\(total.0)", "\(total.1)"])]
    }

    private var figures: [String] {
        let answers = ledger.sent.map(\.request.answer)
        let accepted = answers.count { if case .accepted = $0 { true } else { false } }
        let tasks = Dictionary(grouping: record.run.tasks) { "\($0.kind.rawValue) \($0.status)" }
        let restores = record.run.effects.count { $0.operation == .restore && $0.changed }
        let purges = record.run.effects.count { $0.operation == .destroy && $0.changed }
        var named: [(String, Int)] = [
            ("requests sent", ledger.sent.count),
            ("  accepted", accepted),
            ("  refused", answers.count { $0 == .refused }),
            ("  without a clear answer", answers.count { $0 == .unknown }),
            ("reads sent", ledger.reads),
            ("connections through the proxies", proxies.reduce(0) { $0 + $1.opened }),
            ("  dropped, refused or cut", proxies.reduce(0) { $0 + $1.dropped + $1.refused + $1.cut }),
            ("workers that the hardware killed", ledger.died),
            ("tasks ended", record.run.tasks.count),
        ]
        named += tasks.sorted { $0.key < $1.key }.map { ("  \($0.key)", $0.value.count) }
        named += [
            ("leases lost and tasks rescued", record.lostLeases),
            ("calls on hardware", record.run.effects.count),
            ("  restores that had an effect", restores),
            ("  servers destroyed", purges),
            ("servers", record.run.servers.count),
        ]
        return named.map { row($0.0, ["\($0.1)"]) }
    }

    private var verdict: [String] {
        if violations.isEmpty { return ["every promise was kept"] }
        return ["\(violations.count) violations; seed \(settings.seed)"] + violations.prefix(40)
    }

    private func row(_ name: String, _ cells: [String]) -> String {
        let right = cells.map { String(repeating: " ", count: max(0, 10 - $0.count)) + $0 }
        return name.padding(toLength: 58, withPad: " ", startingAt: 0) + right.joined()
    }
}
