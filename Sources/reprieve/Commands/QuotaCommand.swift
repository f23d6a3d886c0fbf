import ArgumentParser
import Compute
import Foundation

struct QuotaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "quota",
        abstract: "What a project may have of servers outside its bin (operators).",
        discussion: """
            A restore is refused when its project would have more. -1 is no limit. "openstack quota set" does the same \
            through the API.
            """,
        subcommands: [Show.self, Set.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what a project may have and has.")

        @Argument(help: "The project's id; without one, what a project may have of which nobody said anything.")
        var project: String?
        @OptionGroup var json: JSONOption

        func run() async throws {
            let quota = try await Database.withSchema { try await ServerStore(pool: $0).quota(of: project) }
            Output.line(try Report.quota.show(quota, asJSON: json.isOn))
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set what a project may have, or every project of which nobody says anything."
        )

        @Argument(help: "The project's id; without one, the usual quota.")
        var project: String?
        @Option(help: "Servers; -1 is no limit.")
        var instances: Int?
        @Option(help: "Virtual processors; -1 is no limit.")
        var cores: Int?
        @Option(help: "Memory in MiB; -1 is no limit.")
        var ram: Int?
        @Flag(help: "Also below what is used.")
        var force = false

        func validate() throws {
            let limits = [instances, cores, ram].compactMap { $0 }
            guard !limits.isEmpty else { throw ValidationError("Say which of --instances, --cores and --ram.") }
            guard limits.allSatisfy({ (-1...Int(Int32.max)).contains($0) }) else {
                throw ValidationError("A limit is -1 to \(Int32.max).")
            }
        }

        func run() async throws {
            let change = QuotaChange(instances: instances, cores: cores, ram: ram, isForced: force)
            let (conflicts, quota) = try await Database.withSchema { pool in
                let store = ServerStore(pool: pool)
                return (try await store.setQuota(change, of: project), try await store.quota(of: project))
            }
            if let conflict = conflicts.first {
                throw CommandError(
                    .failed,
                    "the project uses \(conflict.used) \(conflict.resource), more than \(conflict.limit)",
                    advice: "if that is meant, add --force"
                )
            }
            Output.line(try Report.quota.show(quota, asJSON: false))
        }
    }
}

extension Report<Quota> {
    static let quota = Report([
        Field("instances") { .of($0.limits.instances) },
        Field("cores") { .of($0.limits.cores) },
        Field("ram") { .of($0.limits.ram) },
        Field("instances_used") { .of($0.used.instances) },
        Field("cores_used") { .of($0.used.cores) },
        Field("ram_used") { .of($0.used.ram) },
    ])
}
