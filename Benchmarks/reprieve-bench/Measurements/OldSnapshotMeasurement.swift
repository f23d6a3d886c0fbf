import Foundation
import Postgres

/// Drains while another session holds an old snapshot, so that nothing that dies can be cleaned up: what a task costs the
/// server in the last round against the first.
struct OldSnapshotMeasurement: Sendable {
    static let rounds = 3

    let bench: Bench
    let count: Int

    func run() async throws -> Figure {
        let database = bench.database
        let reference = try await bench.drainReference(count)
        try await database.clear()
        try await database.settle()
        let configuration = try BenchDatabase.configuration(database.url)
        let holder = try await Connection.connect(configuration, logger: BenchDatabase.logger)
        let result: Result<(microseconds: [Double], rates: [Double]), any Error>
        do {
            try await holder.execute(BenchSQL.beginSnapshot)
            try await holder.execute(BenchSQL.look)
            let seen = try await drains()
            // That it still answers says that the snapshot was held to the end.
            try await holder.execute(BenchSQL.endSnapshot)
            result = .success(seen)
        } catch {
            result = .failure(error)
        }
        await holder.close()
        let (microseconds, rates) = try result.get()
        return figure(microseconds, rates, references: [reference, try await bench.drainReference(count)])
    }

    /// Microseconds of the server's CPU for each task, none when it cannot be seen, and tasks a second; by round.
    private func drains() async throws -> (microseconds: [Double], rates: [Double]) {
        let drain = DrainMeasurement(bench: bench, count: count, workers: 1)
        let server = try await bench.database.serverTimes()
        if server == nil { Output.note("the server's processes are not on this machine: its CPU cannot be told") }
        var microseconds: [Double] = []
        var rates: [Double] = []
        for round in 1...Self.rounds {
            try await bench.database.fill(count, queue: DrainMeasurement.queue, kind: DrainMeasurement.kind)
            let before = server?.used()
            rates.append(Double(count) / (try await drain.drain(on: bench.database)))
            if let before, let after = server?.used() {
                microseconds.append((after - before).seconds * 1e6 / Double(count))
            }
            let cost = microseconds.last.map(ReportTable.number) ?? "?"
            Output.note(
                "old snapshot held, round \(round) of \(Self.rounds): \(ReportTable.number(rates.last ?? 0)) tasks/s,"
                    + " \(cost) µs of the server's CPU each"
            )
        }
        return (microseconds, rates)
    }

    private func figure(_ microseconds: [Double], _ rates: [Double], references: [Double]) -> Figure {
        let isSeen = microseconds.count == Self.rounds && (microseconds.first ?? 0) > 0
        let ratio = isSeen ? microseconds[Self.rounds - 1] / microseconds[0] : nil
        var details = ["rate, round 3 against 1": (rates.last ?? 0) / (rates.first ?? 1)]
        for (round, value) in microseconds.enumerated() { details["µs, round \(round + 1)"] = value }
        for (round, value) in rates.enumerated() { details["tasks/s, round \(round + 1)"] = value }
        return Figure(
            verb: "oldsnapshot",
            name: "old snapshot held, server CPU per task, round 3 against round 1",
            value: microseconds.last ?? 0,
            unit: "µs",
            pgbench: references.median,
            pgbenchUnit: "tasks/s",
            reference: Shape.drainReference,
            ratio: ratio,
            void: !isSeen,
            batch: Shape.batch,
            lanes: Shape.lanes,
            callers: 1,
            rounds: Self.rounds,
            values: microseconds,
            details: details
        )
    }
}
