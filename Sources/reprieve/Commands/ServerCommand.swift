import ArgumentParser

struct ServerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Servers: list, show, delete, restore, adopt.",
        subcommands: [
            List.self, Show.self, ServerDeleteCommand.self, ServerRestoreCommand.self, ServerAdoptCommand.self,
        ]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List servers, newest first.")

        @Flag(help: "Those that were deleted.")
        var deleted = false
        @Option(help: "Those in this status.")
        var status: ServerStatusArgument?
        @Option(help: ArgumentHelp("Those whose name matches this regular expression.", valueName: "pattern"))
        var name: String?
        @OptionGroup var projects: ProjectOption
        @OptionGroup var json: JSONOption

        func run() async throws {
            let filter = ComputeClient.ServerFilter(
                status: status?.status,
                isDeleted: deleted,
                allProjects: projects.all,
                namePattern: name
            )
            let servers = try await ComputeClient.open { try await $0.servers(filter).servers }
            Output.line(try Report.servers.list(servers, asJSON: json.isOn))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show one server, also a deleted one.")

        @Argument(help: "Its id or name.")
        var server: String
        @OptionGroup var json: JSONOption

        func run() async throws {
            let found = try await ComputeClient.open { client in
                try await ServerResolver(client: client).resolve(server, .everywhere)
            }
            Output.line(try Report.servers.show(found, asJSON: json.isOn))
        }
    }
}
