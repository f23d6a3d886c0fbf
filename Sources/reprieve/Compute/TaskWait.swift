import Foundation

/// Waits for tasks to end, and shows meanwhile how they stand.
struct TaskWait {
    let client: ComputeClient
    /// For all tasks together.
    let deadline: ContinuousClock.Instant
    let timeout: Duration

    init(client: ComputeClient, timeout: Duration) {
        self.client = client
        self.timeout = timeout
        deadline = .now + timeout
    }

    /// Waits until a task has ended well.
    ///
    /// An API that does not answer meanwhile is asked again until the time is up: the task does not depend on it.
    /// - Parameter title: what the task does, such as `restore of db-1`.
    /// - Throws: ``CommandError`` `.failed` when it ended otherwise, `.timedOut`, and what a refusal means.
    func wait(for id: String, retryAfter: Duration?, title: String) async throws {
        var standing = "accepted"
        var progress = ProgressLine(title: title, standing: standing)
        defer { progress.end() }
        var pause = retryAfter
        while true {
            progress.show(standing)
            let rest = deadline - .now
            guard rest > .zero else { throw timedOut(id, title, standing) }
            try await Task.sleep(for: min(Self.pause(pause), rest))
            do {
                let (task, retryAfter) = try await client.task(id)
                if task.isFinished { return try Self.conclude(task, title, &progress) }
                (standing, pause) = (task.standing, retryAfter)
            } catch let error as CommandError where error.code == .unreachable {
                (standing, pause) = ("unknown: \(error.message)", nil)
            }
        }
    }

    /// How long to wait before asking again: what the API asked for, within reason.
    static func pause(_ retryAfter: Duration?) -> Duration {
        min(max(retryAfter ?? .seconds(1), .milliseconds(200)), .seconds(30))
    }

    private static func conclude(_ task: RemoteTask, _ title: String, _ progress: inout ProgressLine) throws {
        guard task.status == "succeeded" else {
            let reason = task.error?.reason.map { ": \($0)" } ?? ""
            throw CommandError(
                .failed,
                "\(title): \(task.status)\(reason)",
                advice: "see: reprieve task show \(task.id)"
            )
        }
        progress.finish("done")
    }

    private func timedOut(_ id: String, _ title: String, _ standing: String) -> CommandError {
        CommandError(
            .timedOut,
            "\(title): not done after \(TimeText.short(timeout)): \(standing)",
            advice: "it goes on without this command, see: reprieve task show \(id)"
        )
    }
}
