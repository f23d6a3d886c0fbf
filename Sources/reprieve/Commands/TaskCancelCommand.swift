import ArgumentParser
import Compute
import Foundation

struct TaskCancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Call tasks off (operators).",
        discussion: """
            A task that waits is cancelled at once, and its server is as it was. One that runs is stopped by its worker, \
            which learns of it at its next heartbeat; if it comes to its end before, it is done.
            """
    )

    @Argument(help: "Ids of tasks.")
    var tasks: [IDArgument]

    func run() async throws {
        let failures = try await Database.withSchema { pool in
            let store = ServerStore(pool: pool)
            var failures: [CommandError] = []
            for task in tasks {
                do throws(CommandError) {
                    Output.line(try Self.told(try await store.cancelled(task.id), task.id.lowercase))
                } catch {
                    failures.append(error)
                }
            }
            return failures
        }
        try failures.tell()
    }

    private static func told(_ outcome: Cancellation, _ task: String) throws(CommandError) -> String {
        switch outcome {
        case .cancelled(let kind):
            let purge = ServerTaskKind(rawValue: kind) == .purge
            return "task \(task): cancelled" + (purge ? "; a purge that is due comes back with the next sweep" : "")
        case .asked: return "task \(task): its worker stops it at its next heartbeat"
        case .begun:
            throw CommandError(
                .failed,
                "task \(task) has begun to destroy its server and can only be brought to its end"
            )
        case .ended(let status): throw CommandError(.failed, "task \(task) has ended before: \(status)")
        case .waitsForAnother:
            throw CommandError(.failed, "task \(task) begins when the running task of its server has ended; not before")
        case .notFound: throw CommandError(.notFound, "there is no task \(task)")
        }
    }
}

extension ServerStore {
    fileprivate func cancelled(_ task: UUID) async throws(CommandError) -> Cancellation {
        do {
            return try await cancelTask(task, by: Operator.name)
        } catch {
            throw CommandError(error)
        }
    }
}
