import Foundation
import Hypervisor

extension PromiseChecker {
    /// What the end of a run says about its promises.
    struct EndVerdict {
        private let record: RunRecord
        private let tasks: [UUID: [RunRecord.TaskRow]]
        private let effects: [UUID: [RunRecord.Effect]]
        private let dates: [UUID: [RunRecord.Dates]]

        init(of record: RunRecord) {
            self.record = record
            tasks = Dictionary(grouping: record.tasks, by: \.server)
            effects = Dictionary(grouping: record.effects, by: \.server)
            dates = Dictionary(grouping: record.dates, by: \.server)
        }

        func ofRequests() -> [String] {
            let byID = Dictionary(grouping: record.tasks, by: \.id)
            let byRequest = Dictionary(grouping: record.tasks, by: \.requestID)
            return record.requests.compactMap { request in
                switch request.answer {
                case .accepted(let task):
                    let rows = task.map { byID[$0] ?? [] } ?? byRequest[request.id] ?? []
                    guard rows.isEmpty else { return nil }
                    return "promise 1 (durable): \(request.text) was accepted, and no task is found"
                case .refused:
                    guard let row = byRequest[request.id]?.first else { return nil }
                    return "promise 2 (one winner): \(request.text) was refused, and there is \(row.text)"
                case .unknown:
                    return nil
                }
            }
        }

        func ofTasks() -> [String] {
            Dictionary(grouping: record.tasks, by: \.id).values.flatMap { rows -> [String] in
                if rows.count > 1 {
                    return ["promise 1 (durable): one task is found \(rows.count) times: \(rows.map(\.text))"]
                }
                return rows.filter { !record.isCut && !$0.hasEnded }.map {
                    "promise 1 (durable): \($0.text) never ended"
                }
            }
        }

        /// Effects need tasks that asked for them, and tasks that succeeded need their effects.
        func ofEffects() -> [String] {
            record.servers.flatMap { server in
                Self.directions.flatMap { kind, operation in ofDirection(kind, operation, server.id) }
                    + ofDestruction(server.id) + ofSuccess(server.id)
            }
        }

        func ofServers() -> [String] {
            record.servers.flatMap { server -> [String] in
                guard server.vmState != nil else { return ["promise 4 (retention): \(server.text) has no row"] }
                return ofExistence(server) + ofRest(server) + ofFailedRestore(server)
            }
        }

        private static let directions: [(RunRecord.Kind, FakeHypervisor.Operation)] = [
            (.softDelete, .softDelete), (.restore, .restore),
        ]

        private func ofDirection(
            _ kind: RunRecord.Kind,
            _ operation: FakeHypervisor.Operation,
            _ server: UUID
        ) -> [String] {
            let changes = effects[server, default: []].count { $0.operation == operation && $0.changed }
            let asked = Set(tasks[server, default: []].filter { $0.kind == kind }.map(\.id)).count
            guard changes > asked else { return [] }
            return ["promise 2 (one winner): \(asked) \(kind.rawValue) of server \(server) had \(changes) effects"]
        }

        private func ofDestruction(_ server: UUID) -> [String] {
            guard let destroy = effects[server, default: []].first(where: { $0.operation == .destroy && $0.changed })
            else { return [] }
            let rows = tasks[server, default: []]
            if rows.contains(where: { $0.kind == .forceDelete }) { return [] }
            guard rows.contains(where: { $0.kind == .purge }) else {
                return ["promise 4 (retention): \(destroy.text), and nobody asked for it"]
            }
            guard let at = destroy.at else { return [] }
            // The purge leaves the dates as they were, so the last ones are those it had to keep.
            let due = dates[server]?.last?.purgeAt ?? record.servers.first { $0.id == server }?.purgeAt
            if let due, due <= at { return [] }
            return ["promise 4 (retention): \(destroy.text) at \(at), before its purge_at \(due.map { "\($0)" } ?? "")"]
        }

        /// A task that a lease ended successfully needs a call on the hardware under that lease or one before.
        private func ofSuccess(_ server: UUID) -> [String] {
            tasks[server, default: []].filter { $0.status == "succeeded" }.compactMap { row in
                guard let token = row.token else { return nil }
                let isDone = effects[server, default: []].contains {
                    $0.operation == row.kind.operation && ($0.fence?.token ?? .max) <= token
                }
                return isDone ? nil : "promise 1 (durable): \(row.text) succeeded, and nothing was done"
            }
        }

        private func ofExistence(_ server: RunRecord.Server) -> [String] {
            let isDestroyed = server.vmState == "deleted"
            if isDestroyed, server.powerState != nil {
                return ["promise 4 (retention): \(server.text) is deleted, and its hardware is still there"]
            }
            // A destroy that failed after its effect waits for a person, and says so.
            let isUnderWay = tasks[server.id, default: []].contains {
                ($0.kind == .purge || $0.kind == .forceDelete) && (!$0.hasEnded || $0.place == .dead)
            }
            guard !isDestroyed, server.powerState == nil, !isUnderWay else { return [] }
            return ["promise 4 (retention): \(server.text) is lost: its hardware is gone"]
        }

        /// A server whose last task succeeded is at rest, and its hardware agrees.
        private func ofRest(_ server: RunRecord.Server) -> [String] {
            let isBusy = tasks[server.id, default: []].contains { !$0.hasEnded }
            if !isBusy, let taskState = server.taskState {
                return ["promise 6 (intents): \(server.text) is wedged in \(taskState) without a task"]
            }
            guard !isBusy, let last = tasks[server.id, default: []].last, last.status == "succeeded" else { return [] }
            let wanted: PowerState?
            switch server.vmState {
            case "active": wanted = .running
            case "soft-delete": wanted = .shutdown
            default: return []
            }
            // What was accepted and done without a worker says nothing about the hardware.
            guard last.token != nil, server.powerState != nil, server.powerState != wanted else { return [] }
            return ["promise 5 (as it was): \(server.text) does not agree with its hardware after \(last.text)"]
        }

        private func ofFailedRestore(_ server: RunRecord.Server) -> [String] {
            let rows = tasks[server.id, default: []]
            guard let last = rows.last, last.kind == .restore, last.hasEnded, last.status != "succeeded",
                rows.allSatisfy(\.hasEnded)
            else { return [] }
            guard server.vmState == "soft-delete", server.taskState == nil else {
                return ["promise 5 (as it was): \(server.text) after \(last.text)"]
            }
            guard let before = dates[server.id]?.last,
                (before.deletedAt, before.purgeAt) != (server.deletedAt, server.purgeAt)
            else { return [] }
            return ["promise 5 (as it was): the dates of \(server.text) were touched by \(last.text)"]
        }
    }
}

extension RunRecord.Kind {
    fileprivate var operation: FakeHypervisor.Operation {
        switch self {
        case .softDelete: .softDelete
        case .restore: .restore
        case .purge, .forceDelete: .destroy
        }
    }
}

extension RunRecord.Request {
    fileprivate var text: String { "\(kind.rawValue) \(id) of server \(server)" }
}

extension RunRecord.TaskRow {
    fileprivate var text: String { "\(kind.rawValue) \(id) of server \(server), \(status) in \(place)" }
}

extension RunRecord.Server {
    fileprivate var text: String {
        "server \(id) (\(vmState ?? "no state"), \(taskState ?? "at rest"), power \(powerState.map { "\($0)" } ?? "none"))"
    }
}
