import ArgumentParser
import Foundation
import Logging
import Telemetry
import UnixSignals

/// Measures the queue on its real functions, beside pgbench on the same server in the same run.
///
/// What a verb found is one line of JSON, the last on standard output; everything else that is said goes to standard
/// error.
@main
struct ReprieveBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reprieve-bench",
        abstract: "Measures Reprieve's queue beside pgbench.",
        discussion: """
            DATABASE_URL      the database, a libpq connection string; "setup" prepares an empty one. The other verbs \
            empty its tables.
            REPRIEVE_BIN_DIR  where reprieve-api and reprieve-worker are; beside this program when it is not set.

            A ratio is void (null) when its reference fell under half of its best value in the run: the machine was \
            busy with something else.
            """,
        version: ProgramVersion.current,
        subcommands: [
            SetupCommand.self, AcceptCommand.self, HTTPCommand.self, DrainCommand.self, LatencyCommand.self,
            IdleCommand.self, RetainCommand.self, OldSnapshotCommand.self, AllCommand.self, WorkerCommand.self,
            AdapterCommand.self,
        ]
    )

    static func main() async {
        LogSetup.bootstrap(level: .warning)
        do {
            let command = try parseAsRoot()
            if command is any StopsBySignal {
                try await run(command)
            } else {
                // Parsed again, since a command cannot be handed to another task.
                try await cancelledBySignals { try await run(try parseAsRoot()) }
            }
        } catch let error as BenchError {
            Output.note("reprieve-bench: \(error)")
            Foundation.exit(error.exitStatus)
        } catch {
            exit(withError: error)
        }
    }

    private static func run(_ command: any ParsableCommand) async throws {
        var command = command
        if var asynchronous = command as? any AsyncParsableCommand {
            try await asynchronous.run()
        } else {
            try command.run()
        }
    }

    /// Cancels `body` at SIGINT and SIGTERM, so that it ends the processes that it has started.
    private static func cancelledBySignals(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup { group in
            group.addTask { try await body() }
            group.addTask { for await _ in signals { return } }
            try await group.next()
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}

/// A command that hears SIGTERM and SIGINT itself, as a worker does, which then finishes what it runs.
protocol StopsBySignal: ParsableCommand {}
