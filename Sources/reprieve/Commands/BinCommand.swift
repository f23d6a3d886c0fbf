import ArgumentParser
import Compute

struct BinCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bin",
        abstract: "The bin: what lies in it, and how it is kept.",
        subcommands: [List.self, Status.self, Retention.self, Resume.self, Hold.self, Release.self]
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the servers in the bin: who deleted them, when, and how long they are kept."
        )

        @OptionGroup var projects: ProjectOption
        @OptionGroup var json: JSONOption

        func run() async throws {
            let filter = ComputeClient.ServerFilter(status: "SOFT_DELETED", allProjects: projects.all)
            let (servers, now) = try await ComputeClient.open { try await $0.servers(filter) }
            Output.line(try Report.bin(now: now).list(servers, asJSON: json.isOn))
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how much the bin holds, and whether purging runs (operators)."
        )

        @OptionGroup var json: JSONOption

        func run() async throws {
            let status = try await Database.withSchema { try await ServerStore(pool: $0).binStatus() }
            Output.line(try Report.binStatus.show(status, asJSON: json.isOn))
        }
    }

    struct Retention: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show or set how long deleted servers are kept (operators).",
            discussion:
                "It counts for servers that are deleted from now on; those in the bin stay as long as they were promised."
        )

        @Argument(help: "Such as 7d, 36h or 1d12h, \(DurationArgument.bounds); without it, shows the present one.")
        var duration: DurationArgument?

        func run() async throws {
            let retention = try await Database.withSchema { pool in
                let store = ServerStore(pool: pool)
                if let duration { try await store.setRetention(duration.duration) }
                return try await store.binStatus().retention
            }
            Output.line(TimeText.exact(retention))
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that the clock is right: purging goes on (operators).",
            discussion: "Purging stops by itself when the clock jumps. Look at the database server's clock before this."
        )

        func run() async throws {
            let reason = try await Database.withSchema { try await ServerStore(pool: $0).resumePurging() }
            Output.line(reason.map { "purging goes on; it stood still: \($0)" } ?? "purging did not stand still")
        }
    }

    struct Hold: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Keep servers from being purged, however long their retention has been over (operators).",
            discussion: "They can be restored and force deleted as ever. \"reprieve bin release\" lets them go."
        )

        @Argument(help: "Their ids.")
        var servers: [IDArgument]

        func run() async throws {
            try await hold(servers, true)
        }
    }

    struct Release: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let servers that were held be purged when their retention is over (operators)."
        )

        @Argument(help: "Their ids.")
        var servers: [IDArgument]

        func run() async throws {
            try await hold(servers, false)
        }
    }
}

/// Does all it can, and fails if there was one that it could not.
private func hold(_ servers: [IDArgument], _ isHeld: Bool) async throws {
    let unknown = try await Database.withSchema { pool in
        let store = ServerStore(pool: pool)
        var unknown: [String] = []
        for server in servers {
            guard try await store.setHold(isHeld, of: server.id) else {
                unknown.append(server.id.lowercase)
                continue
            }
            Output.line("server \(server.id.lowercase): \(isHeld ? "held" : "released")")
        }
        return unknown
    }
    guard unknown.isEmpty else { throw CommandError(.notFound, "no such server: \(unknown.joined(separator: ", "))") }
}

extension Report<BinStatus> {
    static let binStatus = Report([
        Field("retention_seconds", title: "RETENTION") { .seconds(Int($0.retention.components.seconds)) },
        Field("soft_deleted") { .of($0.softDeleted) },
        Field("due") { .of($0.due) },
        Field("held") { .of($0.held) },
        Field("purges_per_hour") { .of($0.purgesPerHour) },
        Field("purging_stopped_at") { .of($0.stopped?.since) },
        Field("purging_stopped_reason") { .of($0.stopped?.reason) },
    ])
}
