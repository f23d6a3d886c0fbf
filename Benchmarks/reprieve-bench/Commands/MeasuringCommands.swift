import ArgumentParser

struct AcceptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Restores accepted through the library."
    )

    @Argument(help: "Restores.") var count: Int
    @Option(help: "Callers at once.") var callers = 64
    @OptionGroup var options: RoundsOption

    func validate() throws {
        try Requirement.positive(count, "N")
        try Requirement.positive(callers, "--callers")
    }

    func run() async throws {
        let figure = try await Bench.with(try BenchDatabase.url(), rounds: options.rounds) { bench in
            try await AcceptMeasurement(bench: bench, count: count, callers: callers).run()
        }
        try Output.json(figure)
    }
}

struct HTTPCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "http",
        abstract: "Restores accepted by a real reprieve-api, under the load of wrk."
    )

    @Argument(help: "Restores.") var count: Int
    @Option(help: "Connections at once.") var connections = 64
    @OptionGroup var options: RoundsOption

    func validate() throws {
        try Requirement.positive(count, "N")
        try Requirement.positive(connections, "--connections")
    }

    func run() async throws {
        let figure = try await Bench.with(try BenchDatabase.url(), rounds: options.rounds) { bench in
            try await HTTPMeasurement(bench: bench, count: count, connections: connections).run()
        }
        try Output.json(figure)
    }
}

struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Tasks done in a second, no-op ones or real restores on machines that are files."
    )

    @Argument(help: "Tasks.") var count: Int
    @Option(help: "Worker processes.") var workers = 1
    @Flag(help: "Real restores, by reprieve-worker; and their SQL alone.") var restore = false
    @OptionGroup var options: RoundsOption

    func validate() throws {
        try Requirement.positive(count, "N")
        try Requirement.positive(workers, "--workers")
    }

    func run() async throws {
        let figures = try await Bench.with(try BenchDatabase.url(), rounds: options.rounds) { bench in
            restore
                ? try await RestoreMeasurement(bench: bench, count: count, workers: workers).run()
                : [try await DrainMeasurement(bench: bench, count: count, workers: workers).run()]
        }
        if figures.count == 1, let figure = figures.first {
            try Output.json(figure)
        } else {
            try Output.json(Report(verb: "drain", figures: figures))
        }
    }
}

struct LatencyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "latency",
        abstract: "Milliseconds from the commit of a task to the start of its handler, in an idle worker."
    )

    @Argument(help: "Tasks in each round, some 20 ms apart.") var count: Int
    @OptionGroup var options: RoundsOption

    func validate() throws { try Requirement.positive(count, "N") }

    func run() async throws {
        let figure = try await Bench.with(try BenchDatabase.url(), rounds: options.rounds) { bench in
            try await LatencyMeasurement(bench: bench, count: count).run()
        }
        try Output.json(figure)
    }
}

struct IdleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "What an idle reprieve-worker costs: memory, CPU, transactions."
    )

    @Argument(help: "Seconds to watch it.") var seconds: Int

    func validate() throws { try Requirement.positive(seconds, "S") }

    func run() async throws {
        let figure = try await Bench.with(try BenchDatabase.url(), rounds: 1) { bench in
            try await IdleMeasurement(bench: bench, seconds: seconds).run()
        }
        try Output.json(figure)
    }
}

struct RetainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retain",
        abstract: "Insert finished tasks, as the design keeps them."
    )

    @Argument(help: "Tasks.") var count: Int

    func validate() throws { try Requirement.positive(count, "N") }

    func run() async throws {
        let figure = try await Bench.with(try BenchDatabase.url(), rounds: 1) { bench in
            try await RetainMeasurement(bench: bench, count: count).run()
        }
        try Output.json(figure)
    }
}

struct OldSnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oldsnapshot",
        abstract: "Three drains while another session holds an old snapshot: server CPU for each task."
    )

    @Option(help: "Tasks in each round.") var count = 50_000

    func validate() throws { try Requirement.positive(count, "--count") }

    func run() async throws {
        let figure = try await Bench.with(try BenchDatabase.url(), rounds: 1) { bench in
            try await OldSnapshotMeasurement(bench: bench, count: count).run()
        }
        try Output.json(figure)
    }
}

/// Several figures as one line.
struct Report: Encodable {
    var verb: String
    var figures: [Figure]
}
