import Foundation
import Postgres

// How rows of the compute functions become values.

extension Server {
    init(_ row: Row) throws {
        let state = try row.decode(String.self, "vm_state")
        guard let vmState = VMState(rawValue: state) else {
            throw ComputeError(.malformedRow, "vm_state \(state) is unknown to this build")
        }
        id = try row.decode(UUID.self, "id")
        projectID = try row.decode(String.self, "project_id")
        userID = try row.decode(String.self, "user_id")
        name = try row.decode(String.self, "name")
        host = try row.decode(String.self, "host")
        self.vmState = vmState
        taskState = try TaskState(column: row.decode(String?.self, "task_state"))
        powerState = Int(try row.decode(Int16.self, "power_state"))
        flavor = try JSONText.decode(Flavor.self, row.decode(String.self, "flavor"))
        imageID = try row.decode(String?.self, "image_id")
        metadata = try JSONText.decode([String: String].self, row.decode(String.self, "metadata"))
        availabilityZone = try row.decode(String.self, "availability_zone")
        description = try row.decode(String?.self, "description")
        keyName = try row.decode(String?.self, "key_name")
        lock = try row.decode(String?.self, "locked_by").map { owner in
            Lock(byAdministrator: owner == "admin", reason: try row.decode(String?.self, "locked_reason"))
        }
        createdAt = try row.decode(Date.self, "created_at")
        updatedAt = try row.decode(Date.self, "updated_at")
        launchedAt = try row.decode(Date?.self, "launched_at")
        terminatedAt = try row.decode(Date?.self, "terminated_at")
        deletedAt = try row.decode(Date?.self, "deleted_at")
        deletedBy = try row.decode(String?.self, "deleted_by")
        purgeAt = try row.decode(Date?.self, "purge_at")
    }
}

extension TaskState {
    init?(column: String?) throws {
        guard let column else { return nil }
        guard let state = TaskState(rawValue: column) else {
            throw ComputeError(.malformedRow, "task_state \(column) is unknown to this build")
        }
        self = state
    }
}

extension RequestOutcome {
    init(_ row: Row) throws {
        let outcome = try row.decode(String.self, "outcome")
        let task = try row.decode(UUID?.self, "task_id")
        let vmState = try row.decode(String?.self, "vm_state").flatMap(VMState.init(rawValue:))
        let taskState = try TaskState(column: row.decode(String?.self, "task_state"))
        switch (outcome, task, vmState, taskState) {
        case ("accepted", let task?, _, _): self = .accepted(task: task)
        case ("already", _, _, _): self = .already(task: task)
        case ("not_found", _, _, _): self = .notFound
        case ("locked", _, _, _): self = .locked
        case ("wrong_vm_state", _, let state?, _): self = .wrongVMState(state)
        case ("wrong_task_state", _, _, let state?): self = .wrongTaskState(state)
        case ("over_limit", _, _, _): self = .overLimit
        case ("over_quota", _, _, _): self = .overQuota([])
        default: throw ComputeError(.malformedRow, "outcome \(outcome) is unknown to this build")
        }
    }
}

extension ServerAction {
    init(_ row: Row) throws {
        requestID = try row.decode(String.self, "request_id")
        serverID = try row.decode(UUID.self, "server_id")
        projectID = try row.decode(String.self, "project_id")
        userID = try row.decode(String.self, "user_id")
        action = try row.decode(String.self, "action")
        taskID = try row.decode(UUID?.self, "task_id")
        startTime = try row.decode(Date.self, "start_time")
        updatedAt = try row.decode(Date.self, "updated_at")
        message = try row.decode(String?.self, "message")
    }
}

extension ServerEvent {
    init(_ row: Row) throws {
        event = try row.decode(String.self, "event")
        attempt = try row.decode(Int32?.self, "attempt").map(Int.init)
        startTime = try row.decode(Date.self, "start_time")
        finishTime = try row.decode(Date.self, "finish_time")
        result = try row.decode(String.self, "result")
        reason = try row.decode(String?.self, "reason")
        cause = try row.decode(String?.self, "cause")
        host = try row.decode(String?.self, "host")
    }
}

extension TaskRecord {
    init(_ row: Row) throws {
        id = try row.decode(UUID.self, "id")
        kind = try row.decode(String.self, "kind")
        serverID = try row.decode(UUID.self, "server_id")
        projectID = try row.decode(String.self, "project_id")
        userID = try row.decode(String.self, "user_id")
        status = try row.decode(String.self, "status")
        attempt = Int(try row.decode(Int32.self, "attempt"))
        maxAttempts = Int(try row.decode(Int32.self, "max_attempts"))
        host = try row.decode(String.self, "host")
        position = try row.decode(Int32?.self, "place").map(Int.init)
        progress = try row.decode(String?.self, "progress").map { try JSONText.decode(Progress.self, $0) }
        waitingFor = try row.decode(String?.self, "waiting_for")
        nextAttemptAt = try row.decode(Date?.self, "next_attempt_at")
        error = try row.decode(String?.self, "error").map { try JSONText.decode(Failure.self, $0) }
        requestID = try row.decode(String.self, "request_id")
        createdAt = try row.decode(Date.self, "created_at")
        startedAt = try row.decode(Date?.self, "started_at")
        finishedAt = try row.decode(Date?.self, "finished_at")
    }
}

extension BinStatus {
    init(_ row: Row) throws {
        retention = try row.decode(Duration.self, "retention")
        purgesPerHour = Int(try row.decode(Int32.self, "purges_per_hour"))
        softDeleted = Int(try row.decode(Int64.self, "soft_deleted"))
        due = Int(try row.decode(Int64.self, "due"))
        held = Int(try row.decode(Int64.self, "held"))
        stoppedAt = try row.decode(Date?.self, "purging_stopped_at")
        stoppedReason = try row.decode(String?.self, "purging_stopped_reason")
    }
}

/// JSON columns travel as text.
enum JSONText {
    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}
