import Foundation
import TaskQueue

/// How soon an idle worker starts a task: from the return of the enqueuing call, when the task is committed, to the
/// start of its handler in another process. Both are read from the one monotonic clock of the machine.
struct LatencyMeasurement: Sendable {
    static let kind = "latency"

    let bench: Bench
    let count: Int

    func run() async throws -> Figure {
        let quiet = try await bench.commitReference()
        var samples: [Double] = []
        var medians: [Double] = []
        var references = [quiet.latency]
        for round in 1...bench.rounds {
            let latencies = try await milliseconds()
            samples += latencies
            medians.append(latencies.median)
            references.append(try await bench.commitReference().latency)
            Output.note("latency, round \(round) of \(bench.rounds): p50 \(ReportTable.number(latencies.median)) ms")
        }
        return Figure(
            verb: "latency",
            name: "pickup, p50",
            value: samples.percentile(50),
            unit: "ms",
            pgbench: references.median,
            pgbenchUnit: "ms",
            reference: "pgbench, one durable row, 1 client",
            // Here less is better: void when the reference took twice its best time.
            void: references.median > 2 * (references.min() ?? 0),
            lanes: Shape.lanes,
            callers: 1,
            rounds: bench.rounds,
            values: medians,
            details: [
                "p50": samples.percentile(50), "p95": samples.percentile(95), "p99": samples.percentile(99),
                "max": samples.max() ?? 0, "tasks": Double(samples.count),
            ]
        )
    }

    /// Latencies of `count` tasks, enqueued singly some 20 ms apart, in order.
    func milliseconds() async throws -> [Double] {
        // A queue of its own, so that no other worker takes its tasks.
        let queue = "latency-\(UUID().uuidString.prefix(8).lowercased())"
        return try await BenchWorkers.with(
            1,
            queue: queue,
            url: bench.database.url,
            slots: count,
            folder: bench.folder
        ) { workers in
            try await workers.waitUntilReady()
            let committed = try await enqueueAll(queue, workers)
            return committed.enumerated().map { place, time in
                Double((workers.ledgers[0].start(slot: place) ?? time) - time) / 1e6
            }
        }
    }

    /// Enqueues the tasks and waits until they have ended.
    /// - Returns: when each call returned.
    private func enqueueAll(_ name: String, _ workers: BenchWorkers) async throws -> [Int64] {
        let queue = TaskQueue(pool: bench.database.pool)
        let notifier = TaskNotifier(queue: queue, logger: BenchDatabase.logger)
        return try await withThrowingTaskGroup { group in
            group.addTask { try await notifier.run() }
            var committed: [Int64] = []
            for place in 0..<count {
                try await Task.sleep(for: .milliseconds(20) * Double.random(in: 0.5...1.5))
                _ = try await queue.enqueue(.bench(queue: name, kind: Self.kind, payload: "{\"place\":\(place)}"))
                committed.append(Ledger.now)
                notifier.notify(name)
            }
            // Before the notifier is cancelled, since the last wake-up is still on its way.
            try await workers.waitUntilEnded(count)
            group.cancelAll()
            return committed
        }
    }
}

extension NewTask {
    /// A task of the benchmark, with a subject and a request of its own.
    static func bench(queue: String, kind: String, payload: String = "{}") -> NewTask {
        let subject = UUID()
        return NewTask(
            queue: queue,
            kind: kind,
            subjectID: subject,
            requestID: "req-\(subject.uuidString.lowercased())",
            payload: payload
        )
    }
}
