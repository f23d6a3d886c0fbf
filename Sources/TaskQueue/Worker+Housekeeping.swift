import Foundation
import Postgres

/// Heartbeats, the watch over deadlines, and the sweep.
extension Worker {
    /// The least time between two heartbeats that progress alone asks for.
    private static let progressPause = Duration.milliseconds(500)

    func heartbeats() async {
        // Not seldom either, however long the lease is: whoever asks wants to know that the worker lives.
        let interval = min(options.leaseDuration / 3, .seconds(10))
        while !Task.isCancelled {
            state.withLock { $0.lastBeat = .now }
            let succeeded = await heartbeatOnce()
            // Progress and reconnects ask for one early; a failed one is repeated soon.
            await beat.wait(upTo: succeeded ? interval : min(interval, .seconds(1)))
            try? await Task.sleep(for: min(Self.progressPause, interval / 4))
        }
    }

    private func heartbeatOnce() async -> Bool {
        let (request, reported, stuck) = state.withLock { state in
            defer { state.reported = [] }
            let stuck = state.machine.giveUpStuck(at: .now)
            return (state.machine.heartbeatRequest(isStopping: state.machine.isDraining), state.reported, stuck)
        }
        stuck.forEach { observe(.stuck($0)) }
        let sent = ContinuousClock.now
        do {
            let answers = try await queue.heartbeat(request)
            let (learned, isFirst) = state.withLock { state in
                defer { state.isReady = true }
                return (state.machine.heartbeatAnswered(answers, sent: sent, at: .now), !state.isReady)
            }
            if isFirst { observe(.ready) }
            if !reported.isEmpty { observe(.progressed(Array(reported))) }
            stop(learned.stop)
            watch.signal()
            dispatch.signal()
            if !learned.handBack.isEmpty {
                state.withLock { $0.strays.formUnion(learned.handBack) }
                stray.signal()
            }
            return true
        } catch {
            state.withLock { $0.machine.heartbeatFailed() }
            observe(.heartbeatFailed(QueueError(unknown: error)))
            return false
        }
    }

    /// Gives back leases that a lost answer to a claim has left us without our knowing. No heartbeat waits for it.
    func handBackLoop() async {
        while !Task.isCancelled {
            await stray.wait()
            let leases = state.withLock { $0.strays }
            await handBack(leases.map { TaskEnding(lease: $0, verb: .released) })
            // Not before: the heartbeats meanwhile still report them. One that could not be handed back they report again.
            state.withLock { $0.strays.subtract(leases) }
        }
    }

    private func handBack(_ endings: [TaskEnding]) async {
        guard !endings.isEmpty else { return }
        do {
            let answers = try await queue.finish(endings)
            for answer in answers where answer.verdict == .finished { observe(.handedBack(answer.lease)) }
            // They may be done here at once, whether notifications come or not.
            state.withLock { $0.machine.wake() }
            dispatch.signal()
        } catch {
            let error = QueueError(unknown: error)
            observe(.heartbeatFailed(error))
            // One that somebody holds locked must not keep the others.
            guard error.code == .contended, endings.count > 1 else { return }
            for ending in endings { await handBack([ending]) }
        }
    }

    /// Gives up leases that no heartbeat could extend, before the database does.
    func leaseWatch() async {
        while !Task.isCancelled {
            let (expired, next) = state.withLock { state in
                (state.machine.tick(at: .now), state.machine.watchedUntil)
            }
            stop(expired)
            await watch.wait(upTo: next.map { $0 - .now } ?? .seconds(3600))
        }
    }

    func sweeps() async {
        while !Task.isCancelled {
            // Jittered, so that a fleet that was started together does not sweep together. Before the sweep, so that
            // what falls due meanwhile can ask for an earlier one.
            let pause = options.sweepInterval * Double.random(in: 0.8...1.2)
            state.withLock { $0.sweepAt = .now + pause }
            var swept = await sweepOnce()
            // A whole host may have died: what one sweep leaves, the next takes at once.
            while swept.isFull, !Task.isCancelled { swept = await sweepOnce() }
            await maintainHistory(sweptAt: swept.sweptAt)
            while case let pause = state.withLock({ $0.sweepAt }) - .now, pause > .zero, !Task.isCancelled {
                await sweep.wait(upTo: pause)
            }
        }
    }

    /// - Returns: its time, if nothing is wrong with the clock, and whether there is more to rescue than one sweep does.
    private func sweepOnce() async -> (sweptAt: Date?, isFull: Bool) {
        let now = ContinuousClock.now
        let isExpected = state.withLock { state in
            defer { state.sweepIsDue = false }
            return state.sweepIsDue
        }
        let request = state.withLock { state in
            SweepRequest(
                mayRescue: state.machine.mayRescue(at: now),
                previous: state.lastSweep.map { ($0.sweptAt, now - $0.at) },
                witness: Date()
            )
        }
        do {
            let answer = try await queue.sweep(request)
            state.withLock { state in
                state.machine.contact.succeeded(at: .now)
                guard let sweptAt = answer.sweptAt else { return }
                // A process that was paused meanwhile knows too little of when that was.
                state.lastSweep = now.duration(to: .now) < .seconds(60) ? (sweptAt, now) : nil
            }
            wakeAfterSweep(answer, isExpected: isExpected)
            if answer.rescued > 0 { observe(.rescued(answer.rescued)) }
            if answer.sweptAt != nil { tell(note: answer.note) }
            return (request.trusts(answer), answer.rescued >= request.limit)
        } catch {
            let error = QueueError(unknown: error)
            state.withLock { $0.machine.sweepFailed(error) }
            observe(.sweepFailed(error))
            return (nil, false)
        }
    }

    /// What the sweep made runnable may be ours, and its notification may be lost.
    private func wakeAfterSweep(_ answer: SweepAnswer, isExpected: Bool) {
        guard isExpected || answer.rescued > 0 else { return }
        state.withLock { $0.machine.wake() }
        dispatch.signal()
    }

    private func tell(note: String?) {
        let isNew = state.withLock { state in
            defer { state.note = note }
            return state.note != note
        }
        if let note, isNew { observe(.note(note)) }
    }

    /// Once an hour is plenty: partitions are made days ahead.
    private func maintainHistory(sweptAt: Date?) async {
        guard state.withLock({ $0.maintainAt <= .now }) else { return }
        do {
            try await queue.maintainHistory(sweptAt: sweptAt)
            // Without a time nothing was dropped yet.
            state.withLock { $0.maintainAt = .now + (sweptAt == nil ? .seconds(60) : .seconds(3600)) }
        } catch {
            observe(.sweepFailed(QueueError(unknown: error)))
        }
    }
}
