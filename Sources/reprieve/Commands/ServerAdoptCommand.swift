import ArgumentParser
import Compute
import Foundation

struct ServerAdoptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Take a server that lives on a host into Reprieve's care (operators).",
        discussion: """
            Nothing happens to the server. Adopting it again changes nothing. Uses REPRIEVE_DATABASE_URL. Prints the id.
            """
    )

    @Option(help: "The host it lives on.")
    var host: String
    @Option(help: "The owner's project id.")
    var project: String
    @Option(help: "The owner's user id.")
    var user: String
    @Option(help: "Its name; the id unless given.")
    var name: String?
    @Option(help: "Its id on the host, a UUID; without one a new id is made, for a machine that will be made with it.")
    var id: IDArgument?
    @Flag(help: "It is powered off.")
    var stopped = false
    @Option(help: "The flavor's name.")
    var flavorName = Flavor().originalName
    @Option(help: "Virtual processors.")
    var vcpus = Flavor().vcpus
    @Option(help: "Memory in MiB.")
    var ram = Flavor().ram
    @Option(help: "Disk in GiB.")
    var disk = Flavor().disk

    func validate() throws {
        guard !host.isEmpty, !user.isEmpty else { throw ValidationError("Host and user must not be empty.") }
        let isProject =
            (1...255).contains(project.utf8.count)
            && project.utf8.allSatisfy { "0123456789abcdef-".utf8.contains($0) }
        guard isProject else {
            throw ValidationError("A project id has 1 to 255 characters out of 0-9, a-f and the dash: \(project)")
        }
        guard (1...255).contains((name ?? "-").count) else { throw ValidationError("A name has 1 to 255 characters.") }
        guard vcpus >= 1, ram >= 1, disk >= 0 else {
            throw ValidationError("A server has a processor and memory at least, and no disk smaller than nothing.")
        }
    }

    func run() async throws {
        let server = newServer
        let (outcome, quota) = try await Database.withSchema { pool in
            let store = ServerStore(pool: pool)
            return (try await store.adopt(server), try await store.quota(of: project))
        }
        if outcome == .adopted, quota.isExceeded {
            Output.complain(
                "reprieve: project \(project) has more than its quota: its restores are refused until it has less, or "
                    + "\"reprieve quota set\" gives it more"
            )
        }
        switch outcome {
        case .adopted: Output.line("adopted \(server.id.lowercase)")
        case .already: Output.line("adopted before \(server.id.lowercase)")
        case .conflict:
            throw CommandError(
                .failed,
                "server \(server.id.lowercase) is known with another owner or on another host, or was destroyed"
            )
        }
    }

    private var newServer: NewServer {
        let id = id?.id ?? UUID()
        return NewServer(
            id: id,
            projectID: project,
            userID: user,
            name: name ?? id.lowercase,
            host: host,
            isRunning: !stopped,
            flavor: Flavor(originalName: flavorName, vcpus: vcpus, ram: ram, disk: disk)
        )
    }
}
