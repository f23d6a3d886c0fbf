import Foundation
import Hypervisor
import Postgres
import TestSupport

/// What a chaos run adds to the promises: the machines are as the database says, and no process said or did what it
/// should not have.
struct ChaosVerdict {
    let record: ChaosRecord
    let ledger: ChaosLedger.Contents

    func violations(logs: [URL]) throws -> [String] {
        try PromiseChecker.violations(in: record.run) + ofPower() + ofRestores() + ledger.problems
            + logs.flatMap(ofLog)
    }

    /// Servers whose last task did not fail agree with their hardware.
    private func ofPower() -> [String] {
        let tasks = Dictionary(grouping: record.run.tasks, by: \.server)
        return record.run.servers.compactMap { server in
            let last = tasks[server.id, default: []].last { $0.token != nil }
            guard last?.status != "failed" else { return nil }
            let wanted: PowerState? =
                switch server.vmState {
                case "active": .running
                case "soft-delete": .shutdown
                default: nil
                }
            guard server.powerState != wanted else { return nil }
            return "server \(server.id) is \(server.vmState ?? "gone"), and its hardware is "
                + (server.powerState.map { "\($0)" } ?? "gone")
        }
    }

    /// As many restores had an effect as succeeded by the hand of a worker, but for those whose task failed afterwards.
    private func ofRestores() -> [String] {
        let effective = record.run.effects.filter { $0.operation == .restore && $0.changed }
        let succeeded = Set(record.run.tasks.filter { $0.kind == .restore && $0.status == "succeeded" }.map(\.id))
        let byTask = Dictionary(grouping: effective) { $0.task }
        return succeeded.compactMap { task in
            let count = byTask[task]?.count ?? 0
            let isUndone = record.run.tasks.contains { $0.id == task && $0.token == nil }
            return count == (isUndone ? 0 : 1) ? nil : "restore \(task) succeeded and had \(count) effects"
        }
    }

    /// A failed task and an ending that could not be written are what this run is about; other errors are ours, and a line
    /// without a level is the last word of a process that crashed.
    private func ofLog(_ log: URL) throws -> [String] {
        let expected = ["message=\"task ended\"", "message=\"the ending could not be written\""]
        return try String(contentsOf: log, encoding: .utf8).split(separator: "\n").compactMap { line in
            let isFine = line.contains(" level=") && !line.contains(" level=error") && !line.contains(" level=critical")
            guard !isFine, !expected.contains(where: line.contains) else { return nil }
            return "\(log.lastPathComponent): \(line)"
        }
    }
}
