import Foundation

/// A task as the API shows it.
struct RemoteTask: Decodable, Sendable, Hashable {
    var id: String
    var kind: String
    var serverID: String
    var status: String
    var attempt: Int
    var maxAttempts: Int
    var host: String?
    var position: Int?
    var progress: Progress?
    var waitingFor: String?
    var nextAttemptAt: Date?
    var error: Failure?
    var requestID: String
    var createdAt: Date
    var startedAt: Date?
    var finishedAt: Date?

    struct Progress: Decodable, Sendable, Hashable {
        var step: String
        var percent: Int
    }

    struct Failure: Decodable, Sendable, Hashable {
        var code: String?
        var reason: String?
        /// Shown to administrators only.
        var cause: String?
    }

    /// Whether it has ended, well or not.
    var isFinished: Bool { finishedAt != nil }

    enum CodingKeys: String, CodingKey {
        case id, kind, status, attempt, host, position, progress, error
        case serverID = "server_id"
        case maxAttempts = "max_attempts"
        case waitingFor = "waiting_for"
        case nextAttemptAt = "next_attempt_at"
        case requestID = "request_id"
        case createdAt = "created_at"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
    }
}

extension RemoteTask {
    /// How it stands, for who waits for it: all that can change, but no clock.
    var standing: String {
        var parts = [status]
        if let position { parts[0] += " at place \(position)" }
        if attempt > 0 { parts.append("attempt \(attempt) of \(maxAttempts)") }
        if let progress { parts.append("\(progress.step) \(progress.percent) %") }
        if let waitingFor { parts.append("waiting for \(waitingFor)") }
        if let reason = error?.reason, !isFinished { parts.append("last attempt: \(reason)") }
        return parts.joined(separator: ", ")
    }
}

extension Report<RemoteTask> {
    static let tasks = Report([
        Field("id") { .of($0.id) },
        Field("kind") { .of($0.kind) },
        Field("server_id") { .of($0.serverID) },
        Field("status") { .of($0.status) },
        Field("attempt") { .of($0.attempt) },
        Field("max_attempts", isColumn: false) { .of($0.maxAttempts) },
        Field("host") { .of($0.host) },
        Field("position", isColumn: false) { .of($0.position) },
        Field("progress_step", isColumn: false) { .of($0.progress?.step) },
        Field("progress_percent", isColumn: false) { .of($0.progress?.percent) },
        Field("waiting_for") { .of($0.waitingFor) },
        Field("next_attempt_at", isColumn: false) { .of($0.nextAttemptAt) },
        Field("error_code", isColumn: false) { .of($0.error?.code) },
        Field("error_reason", isColumn: false) { .of($0.error?.reason) },
        Field("error_cause", isColumn: false) { .of($0.error?.cause) },
        Field("request_id", isColumn: false) { .of($0.requestID) },
        Field("created_at") { .of($0.createdAt) },
        Field("started_at", isColumn: false) { .of($0.startedAt) },
        Field("finished_at") { .of($0.finishedAt) },
    ])
}

/// One attempt at a task, or another step of its action, as the API shows it.
struct RemoteAttempt: Decodable, Sendable, Hashable {
    var event: String
    var startTime: Date
    var finishTime: Date?
    var result: String?
    var host: String?
    /// Why it failed: a sentence, or the raw cause for administrators.
    var details: String?

    enum CodingKeys: String, CodingKey {
        case event, result, host, details
        case startTime = "start_time"
        case finishTime = "finish_time"
    }
}

extension Report<RemoteAttempt> {
    static let attempts = Report([
        Field("event") { .of($0.event) },
        Field("started_at") { .of($0.startTime) },
        Field("finished_at") { .of($0.finishTime) },
        Field("result") { .of($0.result) },
        Field("host") { .of($0.host) },
        Field("details") { .of($0.details) },
    ])
}
