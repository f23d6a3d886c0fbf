/// A task that was accepted.
struct PendingTask: Sendable {
    let id: String
    let retryAfter: Duration?
    /// What it does, such as `restore of db-1`.
    let title: String

    init(id: String, retryAfter: Duration?, title: String) {
        self.id = id
        self.retryAfter = retryAfter
        self.title = title
    }

    /// Reads the answer to a request, and says that it was accepted.
    init(_ answer: ComputeAnswer, title: String) throws(CommandError) {
        guard let id = answer.taskID else {
            throw CommandError(
                .failed,
                "\(title): accepted, but the answer names no task",
                advice: "does the URL lead to Reprieve, and not to Nova?"
            )
        }
        self.init(id: id, retryAfter: answer.retryAfter, title: title)
        Output.line("\(title): accepted as task \(id)".printable)
    }
}

/// Asks for the same on several servers: for all first, then it waits for each.
///
/// One that is refused or fails does not stop the others; the first failure decides the exit status.
struct EachServer {
    let client: ComputeClient
    let waiting: WaitOptions

    func run(
        _ servers: [String],
        _ request: (String) async throws(CommandError) -> PendingTask?
    ) async throws {
        var failures: [CommandError] = []
        var pending: [PendingTask] = []
        for server in servers {
            do throws(CommandError) {
                if let task = try await request(server) { pending.append(task) }
            } catch {
                failures.append(error)
            }
        }
        let wait = TaskWait(client: client, timeout: waiting.timeout.duration)
        for task in pending where waiting.wait {
            do {
                try await wait.wait(for: task.id, retryAfter: task.retryAfter, title: task.title)
            } catch {
                failures.append(CommandError(error))
            }
        }
        try failures.tell()
    }
}

extension [CommandError] {
    /// Says each of them; then the first decides the exit status.
    func tell() throws(CommandError) {
        guard let first else { return }
        for failure in self { Output.complain("reprieve: \(failure.line)") }
        throw CommandError(first.code, "")
    }
}
