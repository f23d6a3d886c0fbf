import ArgumentParser
import Foundation
import Postgres

struct AllCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "all",
        abstract: "Measures everything in databases of its own on the server, and prints the table.",
        discussion: """
            DATABASE_URL names any database of the server; the right to create databases is needed. The two that are \
            made are dropped at the end.
            """
    )

    @Option(help: ArgumentHelp("Rounds of each comparison, of which the median counts.", valueName: "n"))
    var rounds = 5
    @Option(help: ArgumentHelp("Divides all counts, for a quick look.", valueName: "n"))
    var scale = 1

    func validate() throws {
        try Requirement.positive(rounds, "--rounds")
        try Requirement.positive(scale, "--scale")
    }

    func run() async throws {
        let figures = try await OwnDatabases.with(2, on: try BenchDatabase.url()) { urls in
            try await Bench.with(urls[0], rounds: rounds) { bench in
                try await BenchDatabase.with(urls[1]) { full in
                    try await measure(bench, full)
                }
            }
        }
        Output.result(ReportTable(figures: figures).text)
        try Output.json(Report(verb: "all", figures: figures))
    }

    private func measure(_ bench: Bench, _ full: BenchDatabase) async throws -> [Figure] {
        var figures: [Figure] = []
        for callers in [16, 64] {
            figures.append(try await AcceptMeasurement(bench: bench, count: 12_800 / scale, callers: callers).run())
        }
        figures.append(try await HTTPMeasurement(bench: bench, count: 20_000 / scale, connections: 64).run())
        for workers in [1, 2] {
            figures.append(try await DrainMeasurement(bench: bench, count: 50_000 / scale, workers: workers).run())
        }
        figures += try await RestoreMeasurement(bench: bench, count: 8_000 / scale, workers: 1).run()
        figures.append(try await LatencyMeasurement(bench: bench, count: 300 / scale).run())
        try await full.retain(1_000_000 / scale)
        figures.append(
            try await RetainMeasurement.drains(
                50_000 / scale,
                kept: 1_000_000 / scale,
                full: full,
                clean: bench.database,
                bench: bench
            )
        )
        figures.append(try await OldSnapshotMeasurement(bench: bench, count: 50_000 / scale).run())
        figures.append(try await IdleMeasurement(bench: bench, seconds: 60 / scale).run())
        return figures
    }
}

/// Databases that are made for one run.
enum OwnDatabases {
    /// Makes databases on the server of `url`, sets them up, lends them to `body` and drops them.
    static func with<Value: Sendable>(
        _ count: Int,
        on url: String,
        _ body: ([String]) async throws -> Value
    ) async throws -> Value {
        let suffix = UUID().uuidString.prefix(8).lowercased()
        let names = (1...count).map { "reprieve_bench_\(suffix)_\($0)" }
        let administrator = try await Connection.connect(
            try BenchDatabase.configuration(url),
            logger: BenchDatabase.logger
        )
        let result: Result<Value, any Error>
        do {
            for name in names { try await administrator.runScript("CREATE DATABASE \(name) TEMPLATE template0") }
            let urls = names.map { Self.url(url, database: $0) }
            for url in urls { try await BenchDatabase.setUp(url) }
            result = .success(try await body(urls))
        } catch {
            result = .failure(error)
        }
        for name in names { try await administrator.runScript("DROP DATABASE IF EXISTS \(name) WITH (FORCE)") }
        await administrator.close()
        return try result.get()
    }

    /// The connection string with another database. Of two names libpq takes the last.
    static func url(_ url: String, database: String) -> String {
        guard url.contains("://") else { return "\(url) dbname=\(database)" }
        return "\(url)\(url.contains("?") ? "&" : "?")dbname=\(database)"
    }
}
