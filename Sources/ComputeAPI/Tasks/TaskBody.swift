import Compute

/// How a task is written.
enum TaskBody {
    /// - Parameter showsCause: whether the caller sees the raw cause of a failure.
    static func body(of task: TaskRecord, _ request: APIRequest, showsCause: Bool) -> JSON {
        [
            "id": .string(task.id.text),
            "kind": .string(task.kind),
            "server_id": .string(task.serverID.text),
            "status": .string(task.status),
            "attempt": .integer(task.attempt),
            "max_attempts": .integer(task.maxAttempts),
            "host": .string(task.host),
            "position": JSON(task.position),
            "progress": progress(task.progress),
            "waiting_for": JSON(task.waitingFor),
            "next_attempt_at": WireTime.microseconds(task.nextAttemptAt),
            "error": error(task.error, showsCause: showsCause),
            "request_id": .string(task.requestID),
            "created_at": WireTime.microseconds(task.createdAt),
            "started_at": WireTime.microseconds(task.startedAt),
            "finished_at": WireTime.microseconds(task.finishedAt),
            "links": [
                request.links.link("self", "tasks/\(task.id.text)"),
                request.links.link("server", "servers/\(task.serverID.text)"),
            ],
        ]
    }

    private static func progress(_ progress: TaskRecord.Progress?) -> JSON {
        guard let progress else { return .null }
        return ["step": .string(progress.step), "percent": .integer(progress.percent)]
    }

    /// Why it failed: a sentence for everybody, the raw cause for some.
    private static func error(_ failure: TaskRecord.Failure?, showsCause: Bool) -> JSON {
        guard let failure else { return .null }
        let told: JSON = ["code": .string(failure.code), "reason": JSON(failure.reason)]
        guard showsCause, case .object(let members) = told else { return told }
        return .object(members + [JSONMember(name: "cause", value: JSON(failure.cause))])
    }
}
