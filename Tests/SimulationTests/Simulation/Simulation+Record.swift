import Foundation
import Hypervisor
import TestSupport

extension Simulation {
    /// The whole run, to be judged.
    func record() -> RunRecord {
        var record = RunRecord()
        record.knowsEveryDate = true
        record.requests = requests.values.sorted { $0.id < $1.id }
        record.tasks = database.ended.map(RunRecord.TaskRow.init) + database.tasks.map(RunRecord.TaskRow.init)
        record.tasks += database.servers.compactMap { server in
            guard let request = server.waitingForceDelete, let action = database.actions[request] else { return nil }
            return RunRecord.TaskRow(
                id: action.task,
                requestID: request,
                server: server.id,
                kind: .forceDelete,
                status: "queued",
                place: .waiting
            )
        }
        record.effects = effects
        record.dates = dates
        record.servers = database.servers.map { server in
            RunRecord.Server(
                id: server.id,
                vmState: server.vmState,
                taskState: server.taskState,
                deletedAt: server.deletedAt,
                purgeAt: server.purgeAt,
                powerState: hardware.powerState(of: server.id)
            )
        }
        return record
    }
}

extension RunRecord.TaskRow {
    fileprivate init(_ ended: ModelEnded) {
        self.init(
            id: ended.task.id,
            requestID: ended.task.requestID,
            server: ended.task.subject,
            kind: ended.task.kind,
            status: ended.status,
            place: ended.status == "failed" ? .dead : .history,
            token: ended.token
        )
    }

    fileprivate init(_ task: ModelTask) {
        self.init(
            id: task.id,
            requestID: task.requestID,
            server: task.subject,
            kind: task.kind,
            status: task.status.rawValue,
            place: .tasks
        )
    }
}
