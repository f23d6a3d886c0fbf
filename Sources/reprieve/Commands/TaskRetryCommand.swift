import ArgumentParser
import Compute
import Foundation
import Postgres
import TaskQueue

struct TaskRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Ask again for what failed tasks were to do (operators).",
        discussion: """
            Each is asked for as by an administrator, as a new task, and may be refused as any request; the failed one is \
            kept. None is retried twice, and none when a later request was accepted for its server. A purge is left to the \
            next sweep of the workers.
            """
    )

    @Argument(help: "Ids of failed tasks; without any, all that pass the filters below.")
    var tasks: [IDArgument] = []
    @Option(help: "Only of this kind.")
    var kind: ServerTaskKind?
    @Option(help: "Only of this host.")
    var host: String?
    @Option(help: "Only of this project's servers.")
    var project: String?
    @Option(help: ArgumentHelp("Only what failed within this time, such as 2h or 3d.", valueName: "duration"))
    var since: DurationArgument?
    @Flag(help: "All of them.")
    var all = false
    @Flag(help: "Say which and how many it would be, and change nothing.")
    var dryRun = false

    private var filter: DeadLetterFilter {
        DeadLetterFilter(kind: kind, host: host, projectID: project, since: since?.duration)
    }

    func validate() throws {
        let hasFilter = filter != DeadLetterFilter()
        guard [!tasks.isEmpty, hasFilter, all].count(where: { $0 }) == 1 else {
            throw ValidationError("Give ids of tasks, or filters, or --all.")
        }
    }

    func run() async throws {
        try await Database.withSchema { pool in
            let store = ServerStore(pool: pool)
            let letters = try await store.deadLetters(filter)
            if dryRun { return try show(letters) }
            let ids = tasks.isEmpty ? letters.map(\.id) : tasks.map(\.id)
            try await retry(ids, store, TaskQueue(pool: pool))
        }
    }

    private func show(_ letters: [DeadLetter]) throws {
        let ids = Set(tasks.map(\.id))
        let meant = ids.isEmpty ? letters : letters.filter { ids.contains($0.id) }
        if !meant.isEmpty { Output.line(try Report.deadLetters.list(meant, asJSON: false)) }
        Output.line("\(meant.count) would be retried")
    }

    /// One after the other, so that a refusal or a crash leaves the others as they are.
    private func retry(_ ids: [UUID], _ store: ServerStore, _ queue: TaskQueue) async throws {
        var failures: [CommandError] = []
        var queues: Set<String> = []
        for id in ids {
            let outcome = try await store.retryTask(
                id,
                by: Operator.name,
                requestID: "req-\(UUID().lowercase)"
            )
            if case .accepted(_, let queue?) = outcome { queues.insert(queue) }
            do throws(CommandError) {
                Output.line(try Self.told(outcome, "task \(id.lowercase)"))
            } catch {
                failures.append(error)
            }
        }
        if !queues.isEmpty { try await queue.wake(queues) }
        Output.line("\(ids.count - failures.count) of \(ids.count) retried")
        try failures.tell()
    }

    private static func told(_ outcome: Retry, _ task: String) throws(CommandError) -> String {
        switch outcome {
        case .accepted(let new, _): return "\(task): retried as task \(new.lowercase)"
        case .leftToSweep: return "\(task): the next sweep asks for the purge"
        case .retriedBefore(let new):
            let name = new.map { ", as task \($0.lowercase)" } ?? ""
            throw CommandError(.failed, "\(task) was retried before\(name)")
        case .superseded: throw CommandError(.failed, "\(task): a later request was accepted for its server")
        case .notFailed: throw CommandError(.failed, "\(task) has not failed")
        case .notFound: throw CommandError(.notFound, "there is no \(task)")
        case .refused(let outcome): throw CommandError(.failed, "\(task) is refused: \(outcome.why)")
        }
    }
}

extension RequestOutcome {
    /// Why an operator's request was refused.
    fileprivate var why: String {
        switch self {
        case .accepted, .already: "there is nothing to do"
        case .notFound: "its server is destroyed"
        case .locked: "its server is locked"
        case .wrongVMState(let state): "its server is \(state.rawValue)"
        case .wrongTaskState(let state): "its server is \(state.rawValue)"
        case .overLimit: "its project has too many unfinished tasks"
        case .overQuota: "its project's quota has no room for it"
        }
    }
}

extension ServerTaskKind: ExpressibleByArgument {}

extension Report<DeadLetter> {
    static let deadLetters = Report([
        Field("id") { .of($0.id.lowercase) },
        Field("kind") { .of($0.kind) },
        Field("server_id") { .of($0.serverID.lowercase) },
        Field("project_id") { .of($0.projectID) },
        Field("host") { .of($0.host) },
        Field("attempt") { .of($0.attempt) },
        Field("lost_leases") { .of($0.lostLeases) },
        Field("failed_at") { .of($0.failedAt) },
        Field("reason") { .of($0.error?.reason ?? $0.error?.code) },
    ])
}
