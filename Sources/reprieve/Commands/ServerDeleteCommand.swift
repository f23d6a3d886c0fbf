import ArgumentParser

struct ServerDeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Delete servers: they are powered off and kept in the bin.",
        discussion: "With --force they are destroyed at once, also out of the bin, and nothing brings them back."
    )

    @Argument(help: "Ids or names.")
    var servers: [String]
    @Flag(help: "Destroy for good.")
    var force = false
    @OptionGroup var waiting: WaitOptions

    func run() async throws {
        try await ComputeClient.open { client in
            try await EachServer(client: client, waiting: waiting).run(servers) { text throws(CommandError) in
                try await request(text, client)
            }
        }
    }

    private func request(_ text: String, _ client: ComputeClient) async throws(CommandError) -> PendingTask? {
        let server = try await ServerResolver(client: client).resolve(text, force ? .everywhere : .liveFirst)
        let title = "\(force ? "force delete" : "delete") of \(server.name)"
        if force {
            return try PendingTask(try await client.act("forceDelete", on: server.id), title: title)
        }
        _ = try await client.delete(server.id)
        Output.line("\(title): accepted".printable)
        return waiting.wait ? try await deletion(of: server.id, title, client) : nil
    }

    /// The task behind an accepted delete, which the answer does not name; nil when there is nothing to wait for.
    private func deletion(
        of server: String,
        _ title: String,
        _ client: ComputeClient
    ) async throws(CommandError) -> PendingTask? {
        do throws(CommandError) {
            if try await client.server(server).isAtRestInBin { return nil }
        } catch {
            // A server that was never launched is not kept.
            guard error.code == .notFound else { throw error }
            return nil
        }
        var tasks = try await client.tasks(server: server, status: nil, limit: 1)
        // An administrator may have deleted another project's server; nobody else gets here without a task.
        if tasks.isEmpty { tasks = try await client.tasks(server: server, status: nil, allProjects: true, limit: 1) }
        return tasks.first.map { PendingTask(id: $0.id, retryAfter: nil, title: title) }
    }
}
