import ArgumentParser

struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Bring an empty database to the schema; it is the benchmark's from then on."
    )

    func run() async throws {
        try await BenchDatabase.setUp(try BenchDatabase.url())
        try Output.json(["verb": "setup"])
    }
}
