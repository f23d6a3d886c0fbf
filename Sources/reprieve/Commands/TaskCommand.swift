import ArgumentParser

struct TaskCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "task",
        abstract: "Tasks: what was asked for, and how it stands.",
        subcommands: [List.self, Show.self, TaskCancelCommand.self, TaskRetryCommand.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the newest thousand tasks, newest first.")

        @Option(help: ArgumentHelp("Those of this server: its id or name.", valueName: "server"))
        var server: String?
        @Option(help: "Those in this status: queued, running, retrying, succeeded, failed, cancelled.")
        var status: String?
        @OptionGroup var projects: ProjectOption
        @OptionGroup var json: JSONOption

        func run() async throws {
            let tasks = try await ComputeClient.open { client in
                var id: String?
                if let server { id = try await ServerResolver(client: client).resolve(server, .everywhere).id }
                return try await client.tasks(server: id, status: status, allProjects: projects.all)
            }
            Output.line(try Report.tasks.list(tasks, asJSON: json.isOn))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one task, and every attempt at it.")

        @Argument(help: "Its id.")
        var task: String
        @OptionGroup var json: JSONOption

        func run() async throws {
            let (found, attempts) = try await ComputeClient.open { client in
                let found = try await client.task(task).task
                return (found, try await client.attempts(at: found))
            }
            let report = Report.tasks
            Output.line(
                try report.show(found, with: attempts, .attempts, named: "attempts", asJSON: json.isOn)
            )
        }
    }
}
