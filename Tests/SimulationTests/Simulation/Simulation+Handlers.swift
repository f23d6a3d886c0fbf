import Compute
import Foundation
import Hypervisor
import TestSupport

@testable import TaskQueue

/// What a handler does on a server, step by step, as `ServerTaskHandler` does it.
extension Simulation {
    func startHandler(_ task: QueuedTask, _ worker: SimulatedWorker) {
        guard let kind = RunRecord.Kind(rawValue: task.kind) else { return }
        let handler = SimulatedHandler(task: task, kind: kind, isStuck: random.chance(25))
        worker.handlers[task.held] = handler
        if task.isCancelRequested {
            plan(handler, worker, in: random.below(100)) { [unowned self] in
                end(handler, worker, look(handler, otherwise: .cancelled, isStopped: true))
            }
            return
        }
        if kind == .purge || kind == .forceDelete {
            plan(handler, worker, in: random.below(200)) { [unowned self] in lookOnce(handler, worker) }
        } else {
            planAct(handler, worker)
        }
        if worker.machine.book.stopReason(of: task.held) != nil { stop([task.held], worker) }
    }

    /// Plans the next step of a handler; an earlier plan is given up.
    func plan(_ handler: SimulatedHandler, _ worker: SimulatedWorker, in delay: Int, _ action: @escaping () -> Void) {
        handler.plan += 1
        let plan = handler.plan
        after(delay, in: worker) { if plan == handler.plan { action() } }
    }

    /// The last look before a destroy, asked again while the database does not answer.
    private func lookOnce(_ handler: SimulatedHandler, _ worker: SimulatedWorker) {
        let task = handler.task
        call(
            "last look",
            from: worker,
            { [unowned self] in
                let go = transact { $0.beginDestroy(task.id, token: task.lease.token) }
                if go == .destroy { checkPurge(task) }
                return (go: go, at: databaseTime)
            }
        ) { [unowned self] result in
            switch result {
            case .success(let answer) where answer.go == .destroy:
                handler.decidedAt = answer.at
                planAct(handler, worker)
            case .success(let answer) where answer.go == .look:
                end(handler, worker, look(handler, otherwise: .cancelled))
            case .success(let answer) where answer.go == .spare: end(handler, worker, .cancelled)
            case .success: end(handler, worker, .failed(.interrupted))
            case .failure(let error) where error.code.isRetryable && !handler.isCancelled:
                plan(handler, worker, in: 50 + random.below(900)) { [unowned self] in lookOnce(handler, worker) }
            case .failure: end(handler, worker, .failed(.interrupted))
            }
        }
    }

    /// A purge goes on only when its time has come, nobody holds the server, and the clock is trusted.
    private func checkPurge(_ task: QueuedTask) {
        guard task.kind == RunRecord.Kind.purge.rawValue, let server = database.server(task.subjectID) else { return }
        expect(
            server.vmState == "soft-delete" && !server.isHeld && !database.guardRow.isStopped
                && server.purgeAt.map { $0 <= databaseTime } == true,
            "promise 4 (retention): a purge went on with \(server)"
        )
    }

    private func planAct(_ handler: SimulatedHandler, _ worker: SimulatedWorker) {
        let isSlow = !isCalm && random.chance(30)
        plan(handler, worker, in: isSlow ? random.below(25_000) : random.below(800)) { [unowned self] in
            act(handler, worker)
        }
    }

    /// The call of the driver: faults around one change under the lock of the server.
    private func act(_ handler: SimulatedHandler, _ worker: SimulatedWorker) {
        let task = handler.task
        if handler.isCancelled, !handler.isStuck { return interrupt(handler, worker) }
        if awayHosts.contains(task.queue) { return end(handler, worker, .failed(.away)) }
        if !isCalm, random.chance(10) {
            count("hypervisor failed")
            return end(handler, worker, .failed(random.chance(70) ? .transient : .permanent))
        }
        let fence = Fence(timeline: task.lease.timeline, token: task.lease.token)
        let isHeld = worker.machine.book.isHeld(task.held, at: instant)
        switch hardware.perform(handler.operation, on: task.subjectID, fence: fence, isHeld: isHeld) {
        case .success(let changed):
            note("\(handler.operation) on \(task.subjectID.short) under \(fence), changed \(changed)")
            record(handler, fence, changed: changed)
        case .failure(.staleFence):
            note("\(worker.name) refused token \(task.lease.token)")
            return end(handler, worker, .failed(.interrupted))
        case .failure(.notFound):
            return end(handler, worker, .failed(.permanent))
        }
        let isLost = !isCalm && random.chance(10)
        if isLost { count("hypervisor's answer lost") }
        let outcome: TaskOutcome = isLost ? look(handler, otherwise: .failed(.transient)) : .succeeded()
        plan(handler, worker, in: random.below(!isCalm && random.chance(20) ? 12_000 : 100)) { [unowned self] in
            end(handler, worker, outcome)
        }
    }

    private func record(_ handler: SimulatedHandler, _ fence: Fence, changed: Bool) {
        let effect = RunRecord.Effect(
            server: handler.task.subjectID,
            operation: handler.operation,
            fence: fence,
            changed: changed,
            task: handler.task.id,
            leaseWasLive: time < leaseEnds[fence.token, default: 0],
            at: handler.decidedAt ?? databaseTime
        )
        effects.append(effect)
        expect(!handler.task.isCancelRequested, "promise 6 (intents): who was only to look has acted: \(effect)")
        for violation in checker.note(effect) { expect(false, violation) }
    }

    /// Where it is not known whether the work was done, how the server is says it.
    private func look(
        _ handler: SimulatedHandler,
        otherwise outcome: TaskOutcome,
        isStopped: Bool = false
    ) -> TaskOutcome {
        if awayHosts.contains(handler.task.queue) {
            if isStopped { return .unseen(.away) }
            if case .cancelled = outcome { return .failed(.away) }
            return outcome
        }
        switch (handler.kind, hardware.powerState(of: handler.task.subjectID)) {
        case (.softDelete, .shutdown), (.restore, .running), (.purge, nil), (.forceDelete, nil): return .succeeded()
        default: return outcome
        }
    }

    /// It notices that it must stop.
    func interrupt(_ handler: SimulatedHandler, _ worker: SimulatedWorker) {
        end(handler, worker, look(handler, otherwise: .failed(.interrupted), isStopped: true))
    }

    private func end(_ handler: SimulatedHandler, _ worker: SimulatedWorker, _ outcome: TaskOutcome) {
        handler.plan += 1
        guard worker.handlers.removeValue(forKey: handler.task.held) != nil else { return }
        let jitter = Double(random.below(101)) / 100
        _ = worker.machine.handlerEnded(handler.task.held, outcome, jitter: jitter)
        look(worker)
    }
}

extension SimulatedHandler {
    var operation: FakeHypervisor.Operation {
        switch kind {
        case .softDelete: .softDelete
        case .restore: .restore
        case .purge, .forceDelete: .destroy
        }
    }
}

extension TaskFailure {
    fileprivate init(_ code: String, isTransient: Bool, countsAsAttempt: Bool = true) {
        self.init(isTransient: isTransient, countsAsAttempt: countsAsAttempt, code: code, reason: code, cause: code)
    }

    fileprivate static let interrupted = TaskFailure("interrupted", isTransient: true)
    fileprivate static let transient = TaskFailure("transient", isTransient: true)
    fileprivate static let permanent = TaskFailure("permanent", isTransient: false)
    fileprivate static let away = TaskFailure("host_unreachable", isTransient: true, countsAsAttempt: false)
}
