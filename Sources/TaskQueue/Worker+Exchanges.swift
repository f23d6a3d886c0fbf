import Postgres

/// Sending exchanges and running handlers.
extension Worker {
    /// Sends whatever is to be sent, until shutdown and the end of all that runs.
    func dispatchLoop(_ group: inout DiscardingTaskGroup) async {
        var drainBegan = false
        while true {
            let now = ContinuousClock.now
            let (isDraining, isDone) = state.withLock { state in
                state.lastDispatch = now
                return (state.machine.isDraining, state.machine.isDone)
            }
            if isDone { return }
            if isDraining, !drainBegan {
                drainBegan = true
                observe(.draining(running: runningCount))
                group.addTask { await self.endGrace() }
            }
            while let exchange = nextExchange() {
                group.addTask { await self.useLane(for: exchange) }
            }
            let next = state.withLock { $0.machine.nextLook(after: now) }
            await dispatch.wait(upTo: next - now)
        }
    }

    private func nextExchange() -> Exchange? {
        state.withLock { $0.machine.nextExchange(at: .now) }
    }

    private func endGrace() async {
        // Cut short when everything has ended before; then there is nothing to stop.
        try? await Task.sleep(for: options.shutdownGrace)
        stop(state.withLock { $0.machine.stopAll() })
    }

    /// Sends an exchange, and the next ones for as long as there are any.
    private func useLane(for first: Exchange) async {
        var next: Exchange? = first
        while let exchange = next {
            await perform(exchange)
            next = nextExchange()
        }
        dispatch.signal()
    }

    private func perform(_ exchange: Exchange) async {
        do {
            let answer = try await queue.exchange(endings: exchange.endings, claim: exchange.claim)
            let consequences = state.withLock { $0.machine.answered(exchange, answer, at: .now) }
            if consequences.endsUnwatched { watch.signal() }
            consequences.events.forEach(observe)
            start(consequences.start)
            if let due = consequences.nextDue { sweepWhenDue(in: due) }
        } catch {
            let error = QueueError(unknown: error)
            let jitter = Double.random(in: 0...1)
            state.withLock { $0.machine.failed(exchange, error, at: .now, jitter: jitter) }.forEach(observe)
        }
    }

    private func start(_ tasks: [QueuedTask]) {
        for task in tasks {
            state.withLock { state in
                // Each can be cancelled alone, so it is no child of this task: the loop ends only when all are written.
                state.handlers[task.held] = Task { await self.attempt(task) }
            }
        }
    }

    /// One attempt, from its lease to its ending. It is awaited however it was stopped: a slot is free when it is free.
    private func attempt(_ task: QueuedTask) async {
        guard let handler = handlers[task.kind] else { preconditionFailure("claimed a kind without a handler") }
        // It may have been told to stop before it was there to be cancelled.
        if state.withLock({ $0.machine.book.stopReason(of: task.held) != nil }) {
            withUnsafeCurrentTask { $0?.cancel() }
        }
        observe(.started(task))
        let outcome = await handler.run(task, attempt: taskAttempt(task.held))
        let (event, hasFreeLane) = state.withLock { state in
            state.handlers[task.held] = nil
            let event = state.machine.handlerEnded(task.held, outcome, jitter: .random(in: 0...1))
            return (event, state.machine.hasFreeLane)
        }
        if let event { observe(event) }
        // A lane that is busy looks for itself when it has its answer.
        if hasFreeLane { dispatch.signal() }
    }

    private func taskAttempt(_ lease: HeldLease) -> TaskAttempt {
        TaskAttempt(
            report: { progress in
                self.state.withLock { state in
                    state.machine.book.report(progress, of: lease)
                    state.reported.insert(lease.task)
                }
                self.beat.signal()
            },
            isHeld: { self.state.withLock { $0.machine.book.isHeld(lease, at: .now) } }
        )
    }

    /// Sweeps when the next task in backoff falls due, if that is before the next sweep.
    private func sweepWhenDue(in delay: Duration) {
        // Overdue means that another's sweep is at it, or cannot: no reason to spin.
        let due = ContinuousClock.now + (delay > .zero ? delay : .milliseconds(250))
        let isFirst = state.withLock { state in
            guard due < state.sweepAt else { return false }
            state.sweepAt = due
            state.sweepIsDue = true
            return true
        }
        if isFirst { sweep.signal() }
    }

    /// Tells handlers that they must stop.
    func stop(_ leases: [HeldLease]) {
        let handlers = state.withLock { state in leases.compactMap { state.handlers[$0] } }
        handlers.forEach { $0.cancel() }
    }
}
