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

    /// Each restore that a worker brought to its end had one effect; none, where the machine ran already, since a task
    /// that failed or was cancelled had left it so.
    private func ofRestores() -> [String] {
        let effects = record.run.effects.filter { $0.operation == .restore && $0.changed }
        let counts = Dictionary(effects.map { ($0.task, 1) }, uniquingKeysWith: +)
        let succeeded = record.run.tasks.filter { $0.kind == .restore && $0.status == "succeeded" && $0.token != nil }
        return succeeded.compactMap { task in
            let count = counts[task.id] ?? 0
            guard count != 1, count != 0 || !wasRunning(before: task) else { return nil }
            return "restore \(task.id) of server \(task.server) succeeded and had \(count) effects"
        }
    }

    private func wasRunning(before task: RunRecord.TaskRow) -> Bool {
        let effects = record.run.effects.filter { $0.server == task.server }
        let last = effects.prefix { $0.task != task.id }.last { $0.changed }
        return last?.operation == .restore || last?.operation == .define
    }

    /// A failed task, an ending that could not be written, a call into hardware that hangs, and a request that outlasts
    /// the grace of SIGTERM (which the HTTP server reports in the last two) are what this run is about. Other errors are
    /// ours, and a line without a level is the last word of a process that crashed.
    private func ofLog(_ log: URL) throws -> [String] {
        let expected = [
            "message=\"task ended\"", "message=\"the ending could not be written\"",
            "message=\"a task does not stop, and its lease is left to run out\"",
            "message=\"Waiting on child channel: CancellationError()\"",
            "message=\"Server shutdown error: Already closed\"",
            // libpq's own words, when the server ends a session while it is being opened.
            "FATAL:  terminating connection", "WARNING:  terminating connection", "DETAIL:  ", "HINT:  ",
        ]
        return try String(contentsOf: log, encoding: .utf8).split(separator: "\n").compactMap { line in
            let isFine = line.contains(" level=") && !line.contains(" level=error") && !line.contains(" level=critical")
            guard !isFine, !expected.contains(where: line.contains) else { return nil }
            return "\(log.lastPathComponent): \(line)"
        }
    }
}
