import Foundation
import Postgres

/// Claiming tasks and running them.
extension Worker {
    /// How long after a failed claim the next one comes, at the latest.
    private static let claimPause = Duration.seconds(1)

    /// Claims whenever there may be work and a slot is free, until shutdown and the end of all that runs.
    func dispatchLoop(_ group: inout DiscardingTaskGroup) async {
        var drainBegan = false
        while !Task.isCancelled {
            var pause = options.pollInterval
            state.withLock { $0.lastDispatch = .now }
            if state.withLock({ $0.isDraining }) {
                if !drainBegan {
                    drainBegan = true
                    observe(.draining(running: runningCount))
                    group.addTask { await self.endGrace() }
                }
                if state.withLock({ $0.book.isEmpty }) { return }
            } else {
                pause = await claim(&group)
            }
            await dispatch.wait(upTo: pause)
        }
        stop(state.withLock { $0.book.stopAll() })
    }

    private func endGrace() async {
        // Cut short when everything has ended before; then there is nothing to stop.
        try? await Task.sleep(for: options.shutdownGrace)
        stop(state.withLock { $0.book.stopAll() })
    }

    /// One claim. Returns how long to wait for a wake-up before the next: not at all when every slot that was asked for
    /// was filled, and not for the whole poll interval when the claim failed.
    private func claim(_ group: inout DiscardingTaskGroup) async -> Duration {
        let request = claimRequest()
        guard !request.queues.isEmpty else { return options.pollInterval }
        let sent = ContinuousClock.now
        let claim: Claim
        state.withLock { $0.isClaiming = true }
        do {
            claim = try await queue.claim(request)
        } catch {
            state.withLock { state in
                state.isClaiming = false
                state.contact.failed()
                // If it was a look from the start, nobody has looked.
                state.lastPoll = nil
            }
            observe(.claimFailed(QueueError(unknown: error)))
            return min(options.pollInterval, Self.claimPause)
        }
        let stops = state.withLock { state in
            state.isClaiming = false
            state.contact.succeeded(at: .now)
            return record(claim, sent: sent, in: &state)
        }
        watch.signal()
        for (task, stop) in zip(claim.tasks, stops) {
            group.addTask { await self.work(on: task, stop: stop) }
        }
        scheduleDue(claim.nextDue, &group)
        let isFilled = claim.tasks.count >= request.queues.reduce(0) { $0 + $1.limit }
        return isFilled ? .zero : options.pollInterval
    }

    private func claimRequest() -> ClaimRequest {
        let queues = state.withLock { state in
            let now = ContinuousClock.now
            // Now and then from the start: a position may have become visible below the mark.
            let isPoll = state.lastPoll.map { now - $0 >= options.pollInterval } ?? true
            if isPoll { state.lastPoll = now }
            return options.queues.sorted { $0.key < $1.key }.compactMap { name, slots -> ClaimRequest.QueueRequest? in
                let free = slots - state.book.running(in: name)
                guard free > 0 else { return nil }
                let low = isPoll ? Watermark.start : state.watermarks[name, default: Watermark()].low
                return .init(name: name, limit: free, low: low)
            }
        }
        return ClaimRequest(
            workerID: options.workerID,
            kinds: Set(handlers.keys),
            queues: queues,
            leaseDuration: options.leaseDuration
        )
    }

    private func record(_ claim: Claim, sent: ContinuousClock.Instant, in state: inout State) -> [Pulse] {
        for (name, tasks) in Dictionary(grouping: claim.tasks, by: \.queue) {
            state.watermarks[name, default: Watermark()].claimed(tasks)
        }
        return claim.tasks.map { task in
            let stop = Pulse()
            state.book.grant(task.held, queue: task.queue, deadline: sent + options.leaseDuration)
            state.stops[task.held] = stop
            return stop
        }
    }

    /// Sweeps and claims when the next task in backoff falls due, if that is before the next sweep.
    private func scheduleDue(_ delay: Duration?, _ group: inout DiscardingTaskGroup) {
        guard let delay, delay < options.sweepInterval else { return }
        // Overdue means that another's sweep is at it, or cannot: no reason to spin.
        let due = ContinuousClock.now + (delay > .zero ? delay : .milliseconds(250))
        let isFirst = state.withLock { state in
            if let planned = state.dueAt, planned <= due, planned > .now { return false }
            state.dueAt = due
            return true
        }
        guard isFirst else { return }
        group.addTask {
            guard (try? await Task.sleep(until: due, clock: .continuous)) != nil else { return }
            await self.sweepOnce()
            self.dispatch.signal()
        }
    }

    /// One attempt, from its lease to its ending.
    private func work(on task: QueuedTask, stop: Pulse) async {
        observe(.started(task))
        let outcome = await attempt(task, stop: stop)
        // A cancelled process stops its handlers before anybody can note why.
        let reason = state.withLock { $0.book.stopReason(of: task.held) } ?? (Task.isCancelled ? .shutdown : nil)
        if reason == .leaseLost {
            observe(.leaseLost(task))
        } else {
            // The last write must outlive the cancellation of this task; it is awaited at once.
            await Task { await self.finish(task, outcome, stopped: reason) }.value
        }
        state.withLock { state in
            state.book.finish(task.held)
            state.stops[task.held] = nil
        }
        dispatch.signal()
    }

    /// Runs the handler, cancelled when the task must stop. It is awaited either way: a slot is free when it is free.
    private func attempt(_ task: QueuedTask, stop: Pulse) async -> TaskOutcome {
        guard let handler = handlers[task.kind] else { preconditionFailure("claimed a kind without a handler") }
        return await withTaskGroup { group in
            group.addTask { () -> TaskOutcome? in
                await handler.run(task, attempt: self.taskAttempt(task.held))
            }
            group.addTask { () -> TaskOutcome? in
                while !Task.isCancelled, self.state.withLock({ $0.book.stopReason(of: task.held) }) == nil {
                    await stop.wait(upTo: .seconds(3600))
                }
                return nil
            }
            group.addTask { () -> TaskOutcome? in
                // Cut short when the handler ends in time.
                try? await Task.sleep(for: self.options.attemptLimit)
                self.state.withLock { if !Task.isCancelled { $0.book.timeOut(task.held) } }
                return nil
            }
            var outcome = await group.next() ?? nil
            group.cancelAll()
            while outcome == nil, let next = await group.next() { outcome = next }
            return outcome ?? .cancelled
        }
    }

    private func taskAttempt(_ lease: HeldLease) -> TaskAttempt {
        TaskAttempt(
            report: { progress in
                self.state.withLock { $0.book.report(progress, of: lease) }
                self.beat.signal()
            },
            isHeld: { self.state.withLock { $0.book.isHeld(lease, at: .now) } }
        )
    }

    /// Tells tasks that they must stop.
    func stop(_ leases: [HeldLease]) {
        let pulses = state.withLock { state in leases.compactMap { state.stops[$0] } }
        pulses.forEach { $0.signal() }
    }
}

extension QueuedTask {
    /// The lease by which the worker and the database know this attempt.
    package var held: HeldLease { HeldLease(task: id, token: lease.token) }
}
