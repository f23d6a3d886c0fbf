import ArgumentParser
import TaskQueue

struct WorkerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract: "Worker processes (operators).",
        subcommands: [List.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List worker processes, the latest seen first.")

        @OptionGroup var json: JSONOption

        func run() async throws {
            let workers = try await Database.withSchema { try await TaskQueue(pool: $0).workers() }
            Output.line(try Report.workers.list(workers, asJSON: json.isOn))
        }
    }
}

extension Report<WorkerRecord> {
    static let workers = Report([
        Field("id") { .of($0.id) },
        Field("hosts") { .texts($0.queues) },
        Field("version") { .of($0.version) },
        Field("started_at") { .of($0.startedAt) },
        Field("last_seen_at") { .of($0.lastSeenAt) },
        Field("alive") { .of($0.isAlive) },
        Field("stopping") { .of($0.isStopping) },
        Field("running") { .of($0.running) },
    ])
}
