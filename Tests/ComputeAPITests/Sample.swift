import Foundation

@testable import Compute

/// Servers and what was asked of them, as the tests have them.
enum Sample {
    static let projectID = "18852f988feb40e1ac73430d8349dbfd"
    static let otherProjectID = "99999f988feb40e1ac73430d8349dbfd"
    static let userID = "085ab5142d8f45b1a7fd07576901fc14"
    static let imageID = "155d900f-4e14-4e4c-a73d-069cbf4541e6"
    static let host = "compute"
    static let requestID = "req-6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    static let cause = "Failed to power on instance: injected"
    static let id = uuid("a1d2f3c4-0000-4000-8000-000000000001")
    static let taskID = uuid("0198c0de-0000-7000-8000-000000000002")
    static let unknownID = uuid("a1d2f3c4-0000-4000-8000-0000000000ff")

    /// 2026-11-23T10:00:00.123456Z
    static let date = Date(timeIntervalSince1970: 1_795_428_000.123456)

    static func server(_ state: VMState = .softDelete, task: TaskState? = nil) -> Server {
        let isDeleted = state == .softDelete
        return Server(
            id: id,
            projectID: projectID,
            userID: userID,
            name: "srv",
            host: host,
            vmState: state,
            taskState: task,
            powerState: state == .active ? 1 : 4,
            flavor: Flavor(),
            imageID: imageID,
            metadata: [:],
            availabilityZone: "nova",
            description: nil,
            keyName: nil,
            lock: nil,
            createdAt: date,
            updatedAt: date,
            launchedAt: date,
            terminatedAt: nil,
            deletedAt: isDeleted ? date : nil,
            deletedBy: isDeleted ? userID : nil,
            purgeAt: isDeleted ? date + 7 * 86_400 : nil
        )
    }

    static func action(_ action: String, message: String? = nil) -> ServerAction {
        ServerAction(
            requestID: requestID,
            serverID: id,
            projectID: projectID,
            userID: userID,
            action: action,
            taskID: taskID,
            startTime: date,
            updatedAt: date,
            message: message
        )
    }

    static func event(failed: Bool = false) -> ServerEvent {
        ServerEvent(
            event: "compute_restore_instance",
            attempt: 1,
            startTime: date,
            finishTime: date,
            result: failed ? "Error" : "Success",
            reason: failed ? "The host had no memory left." : nil,
            cause: failed ? cause : nil,
            host: host
        )
    }

    /// Of a server on a host that answers, which nothing hinders.
    static func preview(_ refusals: [RequestOutcome] = [], isHostAlive: Bool = true) -> RestorePreview {
        RestorePreview(
            projectID: projectID,
            userID: userID,
            host: host,
            refusals: refusals,
            isHostAlive: isHostAlive
        )
    }

    static func task() -> TaskRecord {
        TaskRecord(
            id: taskID,
            kind: "restore",
            serverID: id,
            projectID: projectID,
            userID: userID,
            status: "retrying",
            attempt: 1,
            maxAttempts: 5,
            host: host,
            position: nil,
            progress: TaskRecord.Progress(step: "power on", percent: 60),
            waitingFor: nil,
            nextAttemptAt: date,
            error: TaskRecord.Failure(code: "transient", reason: "The host had no memory left.", cause: cause),
            requestID: requestID,
            createdAt: date,
            startedAt: date,
            finishedAt: nil
        )
    }

    private static func uuid(_ text: String) -> UUID {
        guard let id = UUID(uuidString: text) else { preconditionFailure("\(text) is no UUID") }
        return id
    }
}
