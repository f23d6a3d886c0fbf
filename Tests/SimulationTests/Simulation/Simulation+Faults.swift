import Foundation
import TestSupport

@testable import TaskQueue

/// Clients, operators, and everything that goes wrong with processes, hosts, clocks and the database itself.
extension Simulation {
    // MARK: Clients

    func planRequest() {
        after(200 + random.below(1_500)) { [unowned self] in
            guard !isCalm else { return }
            let server = random.pick(database.servers).id
            let id = "req-\(requests.count + 1)"
            let kind: RunRecord.Kind = random.chance(4) ? .forceDelete : random.chance(50) ? .softDelete : .restore
            requests[id] = RunRecord.Request(id: id, server: server, kind: kind, answer: .unknown)
            ask(id)
            planRequest()
        }
    }

    /// A client that gets no answer asks again under the same id.
    private func ask(_ id: String) {
        guard let request = requests[id] else { return }
        call("request", from: nil, mayComeLate: false, { [unowned self] in accept(request) }) { [unowned self] result in
            guard case .success(let answer) = result else {
                return after(200 + random.below(3_000)) { [unowned self] in ask(id) }
            }
            note("\(request.kind) \(id) of \(request.server.short): \(answer)")
            if case .accepted(let task) = answer {
                requests[id]?.answer = .accepted(task: task)
            } else {
                requests[id]?.answer = .refused
            }
            // A careful client, or a proxy, may send it again all the same.
            if !isCalm, random.chance(5) { after(random.below(3_000)) { [unowned self] in ask(id) } }
        }
    }

    private func accept(_ request: RunRecord.Request) -> ModelAnswer {
        let answer = transact { database in
            switch request.kind {
            case .softDelete: database.delete(request.server, requestID: request.id)
            case .restore: database.restore(request.server, requestID: request.id)
            case .forceDelete, .purge: database.forceDelete(request.server, requestID: request.id)
            }
        }
        if case .accepted = answer, let host = database.server(request.server)?.host { wake([host]) }
        return answer
    }

    // MARK: Faults

    func planFault() {
        after(300 + random.below(2_500)) { [unowned self] in
            guard !isCalm else { return }
            strike()
            planFault()
        }
    }

    private func strike() {
        let alive = workers.filter(\.isAlive)
        switch random.below(17) {
        case 0, 1: if !alive.isEmpty { kill(random.pick(alive)) }
        case 2, 3: if !alive.isEmpty { pause(random.pick(alive)) }
        case 4: if !alive.isEmpty { terminate(random.pick(alive)) }
        case 5: restartDatabase(away: random.below(3_000))
        case 6: if random.chance(30) { restartDatabase(away: Self.lease + random.below(9_000)) }
        case 7: if random.chance(30) { jumpClock() }
        case 8: takeHostAway()
        case 9: pauseQueue()
        case 10: confirmClock()
        case 11: toggleHold()
        case 12: lockServer()
        case 13, 14: overtakeLeases()
        case 15: if !alive.isEmpty { fade(random.pick(alive)) }
        default: break
        }
    }

    private func kill(_ worker: SimulatedWorker) {
        count("kill -9")
        note("killed \(worker.name)")
        end(worker)
    }

    /// SIGSTOP, sometimes for longer than a lease.
    private func pause(_ worker: SimulatedWorker) {
        count("pause")
        worker.pausedUntil = time + random.below(3 * Self.lease)
        note("paused \(worker.name) until \(worker.pausedUntil)")
    }

    /// SIGTERM: it drains.
    private func terminate(_ worker: SimulatedWorker) {
        count("SIGTERM")
        note("terminated \(worker.name)")
        worker.machine.beginDrain()
        look(worker)
        after(2_000, in: worker) { [unowned self] in
            stop(worker.machine.stopAll(), worker)
            look(worker)
        }
    }

    /// Every answer on its way is lost; sometimes another server takes over.
    private func restartDatabase(away: Int) {
        count(away >= Self.lease ? "long outage" : "database restart")
        connections += 1
        if random.chance(50) { database.failOver(losing: Int64(random.below(6))) }
        // It may happen while the database is away already.
        downUntil = max(downUntil, time + away)
        if away >= Self.lease { longOutage = true }
        if longOutage { longOutageEnded = downUntil }
        after(downUntil - time) { [unowned self] in longOutage = longOutage && downUntil > time }
    }

    /// The wall clock of the database's machine, a little or a lot, forward or back.
    private func jumpClock() {
        let most = random.pick([3_000, 20_000, 250_000, 2_000_000])
        moveClock(by: random.below(2 * most) - most)
    }

    private func moveClock(by offset: Int) {
        count("clock jump")
        clockOffset += offset
        jumpedAt = time
        note("the clock is off by \(clockOffset) ms")
    }

    /// The clock leaps over the ends of all leases, and another sweeps before a worker who is at work is heard: nothing
    /// but the fence is then between two who both hold a lease by their own clocks.
    private func overtakeLeases() {
        let alive = workers.filter(\.isAlive)
        guard let busy = alive.first(where: { !$0.handlers.isEmpty }),
            let sweeper = alive.first(where: { $0 !== busy && $0.machine.mayRescue(at: instant) })
        else { return }
        count("leases overtaken")
        cutOff(busy, for: random.below(Self.lease))
        moveClock(by: Self.lease + random.below(Self.lease))
        planSweep(sweeper, at: time + random.below(1_000))
    }

    /// The line of one process gets slow, and then breaks.
    private func fade(_ worker: SimulatedWorker) {
        worker.slowUntil = time + random.below(Self.lease)
        note("the line of \(worker.name) fades until \(worker.slowUntil)")
        after(worker.slowUntil - time, in: worker) { [unowned self] in
            if !isCalm { cutOff(worker, for: random.below(2 * Self.lease)) }
        }
    }

    /// One process alone does not reach the database.
    private func cutOff(_ worker: SimulatedWorker, for duration: Int) {
        count("cut off")
        worker.cutOffUntil = time + duration
        note("\(worker.name) is cut off until \(worker.cutOffUntil)")
    }

    /// An operator keeps a server from being purged, or lets it go again.
    private func toggleHold() {
        count("hold")
        let index = random.below(database.servers.count)
        database.servers[index].isHeld.toggle()
        note("hold of \(database.servers[index].id.short): \(database.servers[index].isHeld)")
    }

    /// Somebody looks at a server in a session of his own, and goes for coffee.
    private func lockServer() {
        count("server locked")
        let server = random.pick(database.servers).id
        lockedUntil[server] = time + random.below(3 * Self.lease)
        note("\(server.short) is locked until \(lockedUntil[server] ?? 0)")
    }

    private func takeHostAway() {
        count("host away")
        let host = random.pick(Self.hosts)
        awayHosts.insert(host)
        after(random.below(15_000)) { [unowned self] in awayHosts.remove(host) }
    }

    private func pauseQueue() {
        count("queue paused")
        let host = random.pick(Self.hosts)
        database.pausedQueues.insert(host)
        after(random.below(8_000)) { [unowned self] in
            database.pausedQueues.remove(host)
            wake([host])
        }
    }

    /// An operator has looked, and lets purging go on.
    private func confirmClock() {
        guard database.guardRow.isStopped else { return }
        count("clock confirmed")
        database.guardRow.isStopped = false
        database.guardRow.lastSeenAt = databaseTime
    }
}
