import Foundation
import Logging
import Postgres
import TaskQueue
import Telemetry

/// Says aloud what happens in the worker: to the log, and in one line to systemd.
final class WorkerLog: Sendable {
    private let notifier: SystemdNotifier
    private let hosts: [String]
    private let logger: Logger
    private let running = Guarded<Set<HeldLease>>([])

    init(logger: Logger, notifier: SystemdNotifier, hosts: [String]) {
        self.hosts = hosts
        self.logger = logger
        self.notifier = notifier
    }

    func observe(_ event: WorkerEvent) {
        switch event {
        case .ready:
            logger.notice("working", metadata: [LogKey.queueName: "\(hosts.joined(separator: ","))"])
            notifier.ready(status: "serving \(hosts.joined(separator: ", "))")
        case .started(let task):
            count { $0.insert(task.held) }
            logger.info("task started", metadata: metadata(task))
        case .ended(let task, let status, let failure):
            count { $0.remove(task.held) }
            ended(task, status, failure)
        case .leaseLost(let task):
            count { $0.remove(task.held) }
            logger.warning("lease lost, nothing was written", metadata: metadata(task))
        case .stuck(let task):
            logger.error("a task does not stop, and its lease is left to run out", metadata: metadata(task))
        case .abandoned(let task, let error):
            count { $0.remove(task.held) }
            logger.error("the ending could not be written", metadata: metadata(task, error))
        case .finishFailed(let task, let error):
            logger.warning("the ending is not written yet", metadata: metadata(task, error))
        case .handedBack(let lease):
            logger.warning(
                "a lease that nothing here knew was handed back",
                metadata: [LogKey.taskID: "\(lease.task.uuidString.lowercased())"]
            )
        case .progressed: break
        case .claimFailed(let error): failed("claim", error)
        case .heartbeatFailed(let error): failed("heartbeat", error)
        case .sweepFailed(let error): failed("sweep", error)
        case .rescued(let count):
            logger.warning("tasks whose worker stopped answering were rescued", metadata: ["task.count": "\(count)"])
        case .note(let note):
            logger.error("purging stands still until \"reprieve bin resume\"", metadata: ["reason": "\(note)"])
        case .draining(let count):
            notifier.stopping()
            logger.notice("draining", metadata: ["task.count": "\(count)"])
        }
    }

    private func ended(_ task: QueuedTask, _ status: String, _ failure: TaskFailure?) {
        var metadata = metadata(task)
        metadata["task.status"] = "\(status)"
        if let failure {
            metadata[LogKey.errorCode] = "\(failure.code)"
            metadata[LogKey.errorMessage] = "\(failure.cause)"
        }
        logger.log(level: status == "failed" ? .error : .info, "task ended", metadata: metadata)
    }

    private func failed(_ what: String, _ error: QueueError) {
        logger.warning(
            "\(what) failed",
            metadata: [LogKey.errorCode: "\(error.code)", LogKey.errorMessage: "\(error)"]
        )
    }

    private func count(_ change: (inout Set<HeldLease>) -> Void) {
        let count = running.withLock { running in
            change(&running)
            return running.count
        }
        notifier.status("\(count) tasks running")
    }

    private func metadata(_ task: QueuedTask, _ error: QueueError? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            LogKey.taskID: "\(task.id.uuidString.lowercased())",
            LogKey.taskKind: "\(task.kind)",
            LogKey.taskAttempt: "\(task.attempt)",
            LogKey.serverID: "\(task.subjectID.uuidString.lowercased())",
            LogKey.queueName: "\(task.queue)",
            LogKey.requestID: "\(task.requestID)",
        ]
        if let error {
            metadata[LogKey.errorCode] = "\(error.code)"
            metadata[LogKey.errorMessage] = "\(error)"
        }
        return metadata
    }
}
