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
        let request = heartbeatRequest(isStopping: state.withLock { $0.isDraining })
        let sent = ContinuousClock.now
        do {
            let answers = try await queue.heartbeat(request)
            let isFirst = state.withLock { state in
                defer { state.isReady = true }
                return !state.isReady
            }
            if isFirst { observe(.ready) }
            let learned = state.withLock { state in
                state.contact.succeeded(at: .now)
                return state.book.learn(answers, sent: sent, leaseDuration: options.leaseDuration)
            }
            stop(learned.stop)
            watch.signal()
            await handBack(learned.handBack)
            return true
        } catch {
            state.withLock { $0.contact.failed() }
            observe(.heartbeatFailed(QueueError(unknown: error)))
            return false
        }
    }

    func heartbeatRequest(isStopping: Bool) -> HeartbeatRequest {
        HeartbeatRequest(
            workerID: options.workerID,
            queues: options.queues.keys.sorted(),
            version: options.version,
            isStopping: isStopping,
            leases: state.withLock { $0.book.entries.mapValues(\.progress) },
            leaseDuration: options.leaseDuration
        )
    }

    /// Gives back leases that a lost answer to a claim has left us without our knowing.
    ///
    /// A claim that is being answered right now looks the same, so only what two heartbeats in a row did not know counts.
    private func handBack(_ leases: [HeldLease]) async {
        let unknown = state.withLock { state in
            let still = leases.filter { state.book.entries[$0] == nil }
            defer { state.unknown = Set(still) }
            return still.filter(state.unknown.contains)
        }
        guard !unknown.isEmpty, !state.withLock({ $0.isClaiming }) else { return }
        do {
            _ = try await queue.finish(unknown.map { TaskEnding(lease: $0, verb: .released) })
            unknown.forEach { observe(.handedBack($0)) }
        } catch {
            observe(.heartbeatFailed(QueueError(unknown: error)))
        }
    }

    /// Gives up leases that no heartbeat could extend, before the database does.
    func leaseWatch() async {
        while !Task.isCancelled {
            let (expired, next) = state.withLock { state in
                (state.book.expire(at: .now), state.book.nextExpiry)
            }
            stop(expired)
            await watch.wait(upTo: next.map { $0 - .now } ?? .seconds(3600))
        }
    }

    func sweeps() async {
        while !Task.isCancelled {
            await sweepOnce()
            await maintainHistory()
            // Jittered, so that a fleet that was started together does not sweep together.
            let pause = options.sweepInterval * Double.random(in: 0.8...1.2)
            guard (try? await Task.sleep(for: pause)) != nil else { return }
        }
    }

    func sweepOnce() async {
        let now = ContinuousClock.now
        let request = state.withLock { state in
            SweepRequest(
                mayRescue: state.contact.hasLasted(options.leaseDuration, at: now),
                previous: state.lastSweep.map { ($0.sweptAt, now - $0.at) },
                witness: Date()
            )
        }
        do {
            let answer = try await queue.sweep(request)
            state.withLock { state in
                state.contact.succeeded(at: .now)
                guard let sweptAt = answer.sweptAt else { return }
                // A process that was paused meanwhile knows too little of when that was.
                state.lastSweep = now.duration(to: .now) < .seconds(60) ? (sweptAt, now) : nil
            }
            if answer.rescued > 0 { observe(.rescued(answer.rescued)) }
            if answer.sweptAt != nil { tell(note: answer.note) }
        } catch {
            state.withLock { $0.contact.failed() }
            observe(.sweepFailed(QueueError(unknown: error)))
        }
    }

    private func tell(note: String?) {
        let isNew = state.withLock { state in
            defer { state.note = note }
            return state.note != note
        }
        if let note, isNew { observe(.note(note)) }
    }

    /// Once an hour is plenty: partitions are made days ahead.
    private func maintainHistory() async {
        let isDue = state.withLock { state in
            state.lastMaintenance.map { $0.duration(to: .now) >= .seconds(3600) } ?? true
        }
        guard isDue else { return }
        do {
            try await queue.maintainHistory()
            state.withLock { $0.lastMaintenance = .now }
        } catch {
            observe(.sweepFailed(QueueError(unknown: error)))
        }
    }
}
