import ArgumentParser
import Foundation
import TaskQueue

/// How a neutral driver asks, one that measures other queues too: see Benchmarks/queue-adapter. Standard output holds
/// nothing but the answer, and nothing is ever emptied but by `setup`'s own demand of an empty database.
struct AdapterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adapter",
        abstract: "Answer to a neutral driver; the database is in BENCH_DSN.",
        shouldDisplay: false,
        subcommands: [
            Setup.self, Enqueue.self, Bulk.self, Drain.self, Latency.self, Work.self, Retain.self,
        ]
    )

    static func url() throws -> String { try BenchDatabase.url(variable: "BENCH_DSN") }

    struct Setup: AsyncParsableCommand {
        func run() async throws { try await BenchDatabase.setUp(try AdapterCommand.url()) }
    }

    /// Tasks through the single-task API from 16 producers; seconds.
    struct Enqueue: AsyncParsableCommand {
        static let producers = 16

        @Argument var count: Int

        func run() async throws {
            let seconds = try await BenchDatabase.with(try AdapterCommand.url()) { database in
                try await enqueue(on: database)
            }
            Output.result("\(seconds)")
        }

        private func enqueue(on database: BenchDatabase) async throws -> Double {
            let queue = TaskQueue(pool: database.pool)
            let notifier = TaskNotifier(queue: queue, logger: BenchDatabase.logger)
            return try await withThrowingTaskGroup { group in
                group.addTask { try await notifier.run() }
                let started = ContinuousClock.now
                try await withThrowingTaskGroup { producers in
                    for producer in 0..<Self.producers {
                        producers.addTask {
                            for _ in stride(from: producer, to: count, by: Self.producers) {
                                let task = NewTask.bench(queue: DrainMeasurement.queue, kind: DrainMeasurement.kind)
                                _ = try await queue.enqueue(task)
                                notifier.notify(DrainMeasurement.queue)
                            }
                        }
                    }
                    try await producers.waitForAll()
                }
                let seconds = (ContinuousClock.now - started).seconds
                group.cancelAll()
                return seconds
            }
        }
    }

    /// Tasks in one statement; seconds.
    struct Bulk: AsyncParsableCommand {
        @Argument var count: Int

        func run() async throws {
            let seconds = try await BenchDatabase.with(try AdapterCommand.url()) { database in
                let started = ContinuousClock.now
                try await database.fill(count, queue: DrainMeasurement.queue, kind: DrainMeasurement.kind)
                return (ContinuousClock.now - started).seconds
            }
            Output.result("\(seconds)")
        }
    }

    /// Worker processes until the tasks that wait are done.
    struct Drain: AsyncParsableCommand {
        @Argument var count: Int
        @Argument var workers = 1

        func validate() throws { try Requirement.positive(workers, "P") }

        func run() async throws {
            let seconds = try await Bench.with(try AdapterCommand.url(), rounds: 1) { bench in
                try await DrainMeasurement(bench: bench, count: count, workers: workers).drain(on: bench.database)
            }
            try Output.json(["seconds": seconds])
        }
    }

    /// A list of milliseconds.
    struct Latency: AsyncParsableCommand {
        @Argument var count: Int

        func run() async throws {
            let milliseconds = try await Bench.with(try AdapterCommand.url(), rounds: 1) { bench in
                try await LatencyMeasurement(bench: bench, count: count).milliseconds()
            }
            try Output.json(milliseconds)
        }
    }

    /// An idle worker, until SIGTERM.
    struct Work: AsyncParsableCommand, StopsBySignal {
        static let configuration = CommandConfiguration(commandName: "worker")

        func run() async throws {
            try await BenchWorker.run(queue: DrainMeasurement.queue, url: try AdapterCommand.url(), ledger: nil)
        }
    }

    /// Finished tasks.
    struct Retain: AsyncParsableCommand {
        @Argument var count: Int

        func run() async throws {
            try await BenchDatabase.with(try AdapterCommand.url()) { try await $0.retain(count) }
        }
    }
}
