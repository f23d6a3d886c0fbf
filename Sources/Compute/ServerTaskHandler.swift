package import Hypervisor
import Postgres
package import TaskQueue

/// Does the work on servers: soft delete, restore, purge, force delete.
///
/// It finds the driver by the task's queue, which is the server's host, and hands it the lease as the fence.
package struct ServerTaskHandler: TaskHandler {
    private let store: ServerStore
    private let drivers: [String: any HypervisorDriver]

    /// - Parameter drivers: by host name; the worker serves these hosts and no other.
    package init(store: ServerStore, drivers: [String: any HypervisorDriver]) {
        self.store = store
        self.drivers = drivers
    }

    /// Every kind of task of servers.
    package var kinds: Set<String> { Set(ServerTaskKind.allCases.map(\.rawValue)) }

    /// Does the task on its server, or looks whether an attempt before this one has; see ``TaskHandler``.
    package func run(_ task: QueuedTask, attempt: TaskAttempt) async -> TaskOutcome {
        guard let kind = ServerTaskKind(rawValue: task.kind), let driver = drivers[task.queue] else {
            preconditionFailure("a task was claimed that this worker cannot do")
        }
        guard !Task.isCancelled else { return await onlyLook(kind, task, driver) }
        do {
            if kind.destroys {
                switch try await beginDestroy(task) {
                case .destroy: break
                case .spare: return .cancelled
                // An attempt before this one has begun to destroy it, and died before it could say so.
                case .look: return await look(kind, task, driver, otherwise: .cancelled)
                }
            }
            try await act(kind, task, attempt, driver)
            return .succeeded()
        } catch let error as HypervisorError
            where [.unknownOutcome, .cancelled].contains(error.code) || Task.isCancelled
        {
            return await look(kind, task, driver, otherwise: .failed(TaskFailure(error)))
        } catch let error as HypervisorError {
            return .failed(TaskFailure(error))
        } catch {
            return .failed(TaskFailure(unexpected: error))
        }
    }

    /// It was asked to stop before it was claimed; an attempt of a worker that died may have done it all the same.
    private func onlyLook(_ kind: ServerTaskKind, _ task: QueuedTask, _ driver: any HypervisorDriver) async
        -> TaskOutcome
    {
        // A task of its own, which no cancellation reaches.
        let wasBegun = Task {
            guard kind.destroys else { return true }
            return try await store.beginDestroy(task: task.id, token: task.lease.token) != .spare
        }
        do {
            guard try await wasBegun.value else { return .cancelled }
        } catch {
            return .failed(TaskFailure(unexpected: error))
        }
        return await look(kind, task, driver, otherwise: .cancelled)
    }

    /// Looks at the server where it is not known whether the work was done, also when this task has been cancelled: what
    /// was done has succeeded, and its row must say so.
    /// - Parameter outcome: what it is when it was not done. After a call whose outcome is unknown it is this too when the
    ///   host does not answer: something was tried, so this must not pass for waiting.
    private func look(
        _ kind: ServerTaskKind,
        _ task: QueuedTask,
        _ driver: any HypervisorDriver,
        otherwise outcome: TaskOutcome
    ) async -> TaskOutcome {
        // A task of its own, which no cancellation reaches.
        let seen = Task { () async -> Result<PowerState, HypervisorError> in
            do throws(HypervisorError) {
                return .success(try await driver.powerState(of: task.subjectID))
            } catch {
                return .failure(error)
            }
        }
        switch await seen.value {
        case .success(let state):
            return kind.isDone(state) ? .succeeded() : outcome
        case .failure(let error):
            if kind.destroys, error.code == .notFound { return .succeeded() }
            // Asked to stop: ended now, its row might say what the host does not.
            if Task.isCancelled { return .unseen(TaskFailure(error)) }
            if case .cancelled = outcome { return .failed(TaskFailure(error)) }
            return outcome
        }
    }

    private func act(
        _ kind: ServerTaskKind,
        _ task: QueuedTask,
        _ attempt: TaskAttempt,
        _ driver: any HypervisorDriver
    ) async throws(HypervisorError) {
        let fence = Fence(timeline: task.lease.timeline, token: task.lease.token)
        let lease = HypervisorLease(fence: fence, isHeld: attempt.isHeld)
        let progress = { @Sendable (step: HypervisorStep) in
            attempt.report(TaskProgress(step: step.name, percent: step.percent))
        }
        switch kind {
        case .softDelete: try await driver.softDelete(task.subjectID, lease: lease, progress: progress)
        case .restore: try await driver.restore(task.subjectID, lease: lease, progress: progress)
        case .purge, .forceDelete: try await driver.destroy(task.subjectID, lease: lease, progress: progress)
        }
    }

    /// The last look before a server is destroyed; asked again while the database does not answer.
    private func beginDestroy(_ task: QueuedTask) async throws -> ServerStore.LastLook {
        var backoff = Backoff(base: .milliseconds(50), cap: .seconds(1))
        while true {
            do {
                return try await store.beginDestroy(task: task.id, token: task.lease.token)
            } catch let error as ComputeError where error.code.isRetryable {
                // Ends with the lease: then this task is cancelled, and the sleep throws.
                try await Task.sleep(for: backoff.next())
            }
        }
    }
}

/// What can be done to a server, as the queue's kinds.
package enum ServerTaskKind: String, Sendable, Hashable, CaseIterable {
    case softDelete = "soft_delete"
    case restore
    case purge
    case forceDelete = "force_delete"

    var destroys: Bool { self == .purge || self == .forceDelete }

    /// Whether a server in this power state is as the task wants it.
    func isDone(_ state: PowerState) -> Bool {
        switch self {
        case .softDelete: state == .shutdown
        case .restore: state == .running
        case .purge, .forceDelete: false
        }
    }
}

extension TaskFailure {
    init(_ error: HypervisorError) {
        let isTransient: Bool =
            switch error.code {
            case .permanent, .notFound: false
            default: true
            }
        // A host that does not answer was asked for nothing: the intent waits for it, however long.
        let isAway = error.code == .transient && error.reason == .hostUnreachable
        self.init(
            isTransient: isTransient,
            countsAsAttempt: !isAway,
            code: isAway ? error.reason.rawValue : "\(error.code)",
            reason: error.reason.sentence,
            cause: error.cause.map { "\(error.message): \($0)" } ?? error.message
        )
    }

    init(unexpected error: any Error) {
        self.init(
            isTransient: true,
            code: "interrupted",
            reason: HypervisorFailureReason.interrupted.sentence,
            cause: "\(error)"
        )
    }
}

extension QueueFunctions {
    /// Attempts that end and leases that are rescued carry their servers along, in one transaction.
    package static let compute = QueueFunctions(
        finish: ServerStore.finishStatement,
        finishAndClaim: ServerStore.finishAndClaimStatement,
        sweep: ServerStore.sweepStatement
    )
}
