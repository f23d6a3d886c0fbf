import ArgumentParser

struct ServerRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Take servers out of the bin and power them on."
    )

    @Argument(help: "Ids or names.")
    var servers: [String]
    @Flag(help: "Say what would hinder it, and change nothing.")
    var dryRun = false
    @OptionGroup var waiting: WaitOptions

    func run() async throws {
        try await ComputeClient.open { client in
            try await EachServer(client: client, waiting: waiting).run(servers) { text throws(CommandError) in
                let server = try await ServerResolver(client: client).resolve(text, .binFirst)
                if dryRun {
                    try RestorePreview(try await client.previewRestore(of: server.id)).tell(of: server.name)
                    return nil
                }
                return try PendingTask(
                    try await client.act("restore", on: server.id),
                    title: "restore of \(server.name)"
                )
            }
        }
    }
}
