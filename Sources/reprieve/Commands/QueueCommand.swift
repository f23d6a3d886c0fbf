import ArgumentParser
import Compute
import Foundation
import Postgres
import TaskQueue

struct QueueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "queue",
        abstract: "The queues of tasks, one for each host (operators).",
        subcommands: [Stats.self, Pause.self, Resume.self, Limit.self, ProjectLimit.self]
    )

    struct Stats: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what waits, runs and failed in each queue, and who serves it.",
            discussion: """
                Urgent are restores and force deletes, normal are deletes, low are purges. Of every seven slots they have \
                four, two and one; what one leaves goes to the others. Dead are failed tasks that nobody has retried.
                """
        )

        @Argument(help: "Only the queue of this host.")
        var host: HostArgument?
        @OptionGroup var json: JSONOption

        func run() async throws {
            let (queues, total) = try await Database.withSchema { pool in
                let queue = TaskQueue(pool: pool)
                let queues = try await queue.stats(of: host?.name)
                let workers = try await queue.workers().filter { worker in
                    worker.isAlive && host.map { worker.queues.contains($0.name) } ?? true
                }
                return (queues, QueueStats.total(of: queues, workersAlive: workers.count))
            }
            if let host, queues.isEmpty {
                throw CommandError(.notFound, "no worker has served host \(host.name), and it has no task")
            }
            Output.line(try Report.queues.list(queues, named: "queues", total: total, asJSON: json.isOn))
        }
    }

    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop work on a host: its tasks are accepted and wait, those that run go on.",
            discussion:
                "It holds until \"reprieve queue resume\", whatever is restarted. Pausing again changes the reason."
        )

        @OptionGroup var known: KnownHost
        @Option(help: "Why; owners of waiting tasks read it too.")
        var reason: String?

        func run() async throws {
            let host = known.host.name
            let before = try await known.use { try await $0.pause(host, reason: reason) }
            Output.line(before.map { "\(host) has been paused since \($0.formatted(.iso8601))" } ?? "\(host) is paused")
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Let the workers of a host go on.")

        @OptionGroup var known: KnownHost

        func run() async throws {
            let host = known.host.name
            let since = try await known.use { try await $0.resume(host) }
            Output.line(
                since.map { "\(host) goes on; it was paused since \($0.formatted(.iso8601))" }
                    ?? "\(host) was not paused"
            )
        }
    }

    struct Limit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Set how many tasks of a host run at once, over all its workers."
        )

        @OptionGroup var known: KnownHost
        @Argument(help: "1 to 10000, or none: as many as its workers have slots.")
        var limit: LimitArgument

        func run() async throws {
            let host = known.host.name
            try await known.use { try await $0.setRunningLimit(limit.limit, of: host) }
            Output.line("\(host) runs \(limit.limit.map { "at most \($0)" } ?? "any number of") tasks at once")
        }
    }

    struct ProjectLimit: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show or set how many unfinished tasks a project may have.",
            discussion: "Beyond it the API answers 429. Purges do not count, and a force delete is never refused."
        )

        @Argument(help: "1 to 1000000; without it, shows the present one.")
        var limit: Int?

        func validate() throws {
            guard (1...1_000_000).contains(limit ?? 1) else { throw ValidationError("The limit is 1 to 1000000.") }
        }

        func run() async throws {
            let present = try await Database.withSchema { pool in
                try await ServerStore(pool: pool).waitingLimit(settingTo: limit)
            }
            Output.line(String(present))
        }
    }
}

/// A host that must be known, so that a slip of the finger does not pause what does not exist.
struct KnownHost: ParsableArguments {
    @Argument(help: "The host.")
    var host: HostArgument
    @Flag(help: "Also when nothing is known of this host yet.")
    var force = false

    /// Opens the queue for the time of `body`.
    /// - Throws: ``CommandError`` `.notFound`.
    func use<Value: Sendable>(_ body: (TaskQueue) async throws -> Value) async throws -> Value {
        try await Database.withSchema { pool in
            let isKnown = try await ServerStore(pool: pool).knowsHost(host.name)
            guard isKnown || force else {
                throw CommandError(
                    .notFound,
                    "nothing is known of host \(host.name): it has no server, and no worker has served it",
                    advice: "if the name is right, add --force"
                )
            }
            return try await body(TaskQueue(pool: pool))
        }
    }
}

extension Report<QueueStats> {
    static let queues = Report([
        Field("queue") { .of($0.name) },
        Field("queued", isColumn: false) { .of($0.queued.reduce(0, +)) },
        Field("queued_urgent", title: "URGENT") { .of($0.queued[0]) },
        Field("queued_normal", title: "NORMAL") { .of($0.queued[1]) },
        Field("queued_low", title: "LOW") { .of($0.queued[2]) },
        Field("running") { .of($0.running) },
        Field("running_limit", title: "LIMIT") { .of($0.runningLimit) },
        Field("retrying") { .of($0.retrying) },
        Field("oldest_seconds", title: "OLDEST") { .of(seconds: $0.oldestAge) },
        Field("next_due_seconds", title: "NEXT DUE") { .of(seconds: $0.nextDue) },
        Field("dead") { .of($0.dead) },
        Field("workers_alive", title: "WORKERS") { .of($0.workersAlive) },
        Field("paused_at", title: "PAUSED SINCE") { .of($0.pausedAt) },
        Field("pause_reason", title: "REASON") { .of($0.pauseReason) },
    ])
}

extension FieldValue {
    fileprivate static func of(seconds duration: Duration?) -> FieldValue {
        duration.map { .seconds(Int($0.components.seconds)) } ?? .none
    }
}
