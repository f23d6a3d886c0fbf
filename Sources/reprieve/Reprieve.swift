import ArgumentParser
import Foundation
import Telemetry

/// The command line: servers, bin and tasks through the API; what is an operator's, in the database.
@main
struct Reprieve: AsyncParsableCommand {
    static let version = ProgramVersion.current

    static let configuration = CommandConfiguration(
        commandName: "reprieve",
        abstract: "The recycle bin for virtual machines.",
        discussion: """
            server, bin list, task list and task show ask the API:
              REPRIEVE_URL      its URL, or else OS_COMPUTE_ENDPOINT_OVERRIDE, or OS_ENDPOINT; \
            \(Endpoint.usualURL) when none is set; /v2.1 is added when it names no version
              REPRIEVE_TOKEN    the token, or else OS_TOKEN; when neither is set, and OS_AUTH_URL is not either, a token \
            for an API without authentication is made of OS_USERNAME and OS_PROJECT_ID
            migrate, server adopt, bin status, bin retention, bin resume, queue, quota, task cancel, task retry and worker \
            are an operator's and use the database:
              REPRIEVE_DATABASE_URL    a libpq connection string
            policy asks nobody and reads the API's policy file:
              REPRIEVE_API_POLICY_FILE    its path

            \(ExitStatus.explanation)
            """,
        version: version,
        subcommands: [
            MigrateCommand.self, ServerCommand.self, BinCommand.self, TaskCommand.self, QueueCommand.self,
            QuotaCommand.self, WorkerCommand.self, PolicyCommand.self, FakeCommand.self,
        ]
    )

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            leave(with: error)
        }
    }

    /// Says what went wrong in one line, and leaves with the status that belongs to it.
    private static func leave(with error: any Error) -> Never {
        let parserStatus = exitCode(for: error)
        if parserStatus == .success { exit(withError: error) }
        if parserStatus == .validationFailure {
            Output.complain(fullMessage(for: error))
            exit(withError: ExitStatus.misused.exitCode)
        }
        let failure = CommandError(error)
        if !failure.message.isEmpty { Output.complain("reprieve: \(failure.line)") }
        exit(withError: failure.code.status.exitCode)
    }
}
