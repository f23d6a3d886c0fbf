import Foundation
import TestSupport

@testable import TaskQueue

/// The shell of a worker: what `Worker` does around its state machine, message by message.
extension Simulation {
    func startWorker(place: Int) {
        started += 1
        let worker = SimulatedWorker(
            options: WorkerOptions(
                workerID: "worker-\(place)-\(started)",
                version: "simulated",
                queues: Self.places[place],
                leaseDuration: .milliseconds(Self.lease),
                pollInterval: .seconds(3),
                sweepInterval: .seconds(4),
                shutdownGrace: .seconds(2),
                retryPolicy: RetryPolicy(base: .milliseconds(500), cap: .seconds(5)),
                attemptLimit: .seconds(20)
            ),
            place: place
        )
        workers.removeAll { !$0.isAlive }
        workers.append(worker)
        note("started \(worker.name)")
        after(random.below(500), in: worker) { [unowned self] in beat(worker) }
        after(random.below(500), in: worker) { [unowned self] in sweepOnce(worker) }
        look(worker, in: random.below(500))
    }

    /// A process is gone, and after a while there is another in its place.
    func end(_ worker: SimulatedWorker) {
        worker.isAlive = false
        after(random.below(4_000)) { [unowned self] in startWorker(place: worker.place) }
    }

    // MARK: Exchanges

    /// Plans a round of the dispatch loop; an earlier plan is given up.
    func look(_ worker: SimulatedWorker, in delay: Int = 0) {
        worker.look += 1
        let plan = worker.look
        after(max(0, delay), in: worker) { [unowned self] in
            if plan == worker.look { dispatch(worker) }
        }
    }

    private func dispatch(_ worker: SimulatedWorker) {
        if worker.machine.isDone {
            note("\(worker.name) is done")
            call(
                "goodbye",
                from: nil,
                { [unowned self] in
                    _ = heartbeat(worker.machine.heartbeatRequest(isStopping: true))
                },
                then: { _ in }
            )
            return end(worker)
        }
        while let exchange = worker.machine.nextExchange(at: instant) {
            let endings = exchange.endings.map { "\($0.lease.token) \($0.verb.name)" }
            note("\(worker.name) sends \(endings), asks \(exchange.asked)")
            send(exchange, worker)
        }
        let next = time(of: worker.machine.nextLook(after: instant)) - time
        look(worker, in: max(1, next))
    }

    private func send(_ exchange: Exchange, _ worker: SimulatedWorker) {
        call("exchange", from: worker, { [unowned self] in answer(to: exchange) }) { [unowned self] result in
            guard case .success(.failure(let error)) = result else {
                return receive(result.flatMap { $0 }, of: exchange, worker)
            }
            after(Self.lockTimeout, in: worker) { [unowned self] in receive(.failure(error), of: exchange, worker) }
        }
    }

    /// Whoever meets a locked server waits for it, and then gives up everything that he asked for.
    private func answer(to exchange: Exchange) -> Result<ExchangeAnswer, QueueError> {
        let tasks = Set(exchange.endings.map(\.lease.task))
        let isBlocked = database.tasks.contains { task in
            tasks.contains(task.id) && lockedUntil[task.subject, default: 0] > time + Self.lockTimeout
        }
        guard isBlocked else { return .success(self.exchange(exchange)) }
        count(exchange.isSuspect ? "ending blocked" : "exchange blocked")
        return .failure(QueueError(.contended, "simulated"))
    }

    private func receive(
        _ result: Result<ExchangeAnswer, QueueError>,
        of exchange: Exchange,
        _ worker: SimulatedWorker
    ) {
        switch result {
        case .success(let answer):
            let exchange = breakages.contains(.leasesCountFromTheAnswer) ? exchange.sent(at: instant) : exchange
            let consequences = worker.machine.answered(exchange, answer, at: instant)
            for task in consequences.start { startHandler(task, worker) }
            if let due = consequences.nextDue { sweepWhenDue(worker, in: due) }
            if consequences.endsUnwatched { watch(worker) }
        case .failure(let error):
            let jitter = Double(random.below(101)) / 100
            _ = worker.machine.failed(exchange, error, at: instant, jitter: jitter)
        }
        look(worker)
    }

    // MARK: Heartbeats and deadlines

    func beat(_ worker: SimulatedWorker) {
        for task in worker.machine.giveUpStuck(at: instant) {
            count("handler given up")
            note("\(worker.name) gives up the handler of \(task.kind) of \(task.subjectID.short)")
        }
        let request = worker.machine.heartbeatRequest(isStopping: worker.machine.isDraining)
        let sent = instant
        call("heartbeat", from: worker, { [unowned self] in heartbeat(request) }) { [unowned self] result in
            switch result {
            case .success(let answers):
                let counted = breakages.contains(.leasesCountFromTheAnswer) ? instant : sent
                let learned = worker.machine.heartbeatAnswered(answers, sent: counted, at: instant)
                stop(learned.stop, worker)
                handBack(learned.handBack, worker)
                watch(worker)
                look(worker)
            case .failure:
                worker.machine.heartbeatFailed()
            }
            let isHeard = if case .success = result { true } else { false }
            after(isHeard ? Self.lease / 3 : 1_000, in: worker) { [unowned self] in beat(worker) }
        }
    }

    private func handBack(_ leases: [HeldLease], _ worker: SimulatedWorker) {
        guard !leases.isEmpty else { return }
        let sorted = leases.sorted { $0.token < $1.token }
        note("\(worker.name) hands back \(sorted.map(\.token))")
        call("hand back", from: worker, { [unowned self] in handBack(sorted) }, then: { _ in })
    }

    /// A round of the watch over deadlines, and the plan of the next.
    private func watch(_ worker: SimulatedWorker) {
        stop(worker.machine.tick(at: instant), worker)
        worker.watch += 1
        let plan = worker.watch
        guard let next = worker.machine.watchedUntil else { return }
        after(max(1, time(of: next) - time), in: worker) { [unowned self] in
            if plan == worker.watch { watch(worker) }
        }
    }

    func stop(_ leases: [HeldLease], _ worker: SimulatedWorker) {
        for lease in leases.sorted(by: { $0.token < $1.token }) {
            guard let handler = worker.handlers[lease], !handler.isCancelled else { continue }
            note("\(worker.name) stops token \(lease.token)")
            handler.isCancelled = true
            if !handler.isStuck {
                plan(handler, worker, in: random.below(50)) { [unowned self] in interrupt(handler, worker) }
            }
        }
    }

    // MARK: Sweeps

    private func sweepOnce(_ worker: SimulatedWorker) {
        let sent = time
        let mayRescue = worker.machine.mayRescue(at: instant) || breakages.contains(.rescuesDespiteYoungContact)
        let previous = worker.lastSweep.map { (sweptAt: $0.sweptAt, elapsed: Double(sent - $0.at) / 1000) }
        // The wall clock of workers is the truth.
        let witness = databaseTime - Double(clockOffset) / 1000
        call(
            "sweep",
            from: worker,
            { [unowned self] in
                sweep(mayRescue: mayRescue, previous: previous, witness: witness)
            }
        ) { [unowned self] result in
            switch result {
            case .success(let answer):
                worker.machine.contact.succeeded(at: instant)
                worker.lastSweep = answer.sweptAt.flatMap { time - sent < 60_000 ? ($0, sent) : nil }
                if worker.sweepIsDue || answer.rescued > 0 { wake(worker) }
                worker.sweepIsDue = false
            case .failure(let error):
                worker.machine.sweepFailed(error)
            }
            planSweep(worker, at: time + 3_200 + random.below(1_600))
        }
    }

    func planSweep(_ worker: SimulatedWorker, at due: Int) {
        worker.sweep += 1
        worker.sweepAt = due
        let plan = worker.sweep
        after(max(1, due - time), in: worker) { [unowned self] in
            if plan == worker.sweep { sweepOnce(worker) }
        }
    }

    private func sweepWhenDue(_ worker: SimulatedWorker, in delay: Duration) {
        let milliseconds = Int(delay.seconds * 1000)
        let due = time + (milliseconds > 0 ? milliseconds : 250)
        guard due < worker.sweepAt else { return }
        worker.sweepIsDue = true
        planSweep(worker, at: due)
    }

    // MARK: Wake-ups

    /// A notification, which may be lost on its way to any of them.
    func wake(_ queues: Set<String>) {
        for worker in workers where worker.isAlive && !queues.isDisjoint(with: worker.machine.options.queues.keys) {
            guard isCalm || !random.chance(30) else { continue }
            after(1 + random.below(20), in: worker) { [unowned self] in wake(worker) }
        }
    }

    private func wake(_ worker: SimulatedWorker) {
        worker.machine.wake()
        look(worker)
    }
}

extension Exchange {
    /// The same, but its leases count from another time.
    fileprivate func sent(at instant: ContinuousClock.Instant) -> Exchange {
        Exchange(number: number, endings: endings, claim: claim, sent: instant, wakes: wakes)
    }
}
