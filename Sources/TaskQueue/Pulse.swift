import Postgres

/// A level-triggered wake-up for one waiting task: a signal that comes while nobody waits is kept.
///
/// A wait costs one continuation. Its timer is kept over waits: it is not set back by each signal, but looks, when it
/// rings, whether the wait of that moment is over.
final class Pulse: Sendable {
    private typealias Instant = ContinuousClock.Instant

    private struct Waiter {
        let continuation: CheckedContinuation<Void, Never>
        let deadline: Instant?
    }

    private struct State {
        var isSignalled = false
        var waiter: Waiter?
        /// When the timer rings; nil when none is set.
        var ring: Instant?
        var timer: Task<Void, Never>?
    }

    private let state = Guarded(State())

    deinit {
        state.withLock { $0.timer }?.cancel()
    }

    /// Wakes the waiter now, or the next one at once.
    func signal() {
        let waiter = state.withLock { state in
            state.isSignalled = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.continuation.resume()
    }

    /// Waits for a signal, or until the time is over, or until the task is cancelled.
    func wait(upTo limit: Duration) async {
        guard limit > .zero else { return }
        await wait(until: .now + limit)
    }

    /// Waits for a signal, or until the task is cancelled.
    func wait() async {
        await wait(until: nil)
    }

    private func wait(until deadline: Instant?) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // The signal is left for a wait that is not cancelled.
                    if Task.isCancelled { return true }
                    if state.isSignalled {
                        state.isSignalled = false
                        return true
                    }
                    state.waiter = Waiter(continuation: continuation, deadline: deadline)
                    setTimer(for: deadline, &state)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }?.continuation.resume()
        }
    }

    /// Detached, since it serves later waits too, and must not hold what the first waiter's task holds.
    private func setTimer(for deadline: Instant?, _ state: inout State) {
        guard let deadline, state.ring.map({ deadline < $0 }) ?? true else { return }
        state.timer?.cancel()
        state.ring = deadline
        state.timer = Task.detached { [weak self] in
            // Cancelled when an earlier one replaces it, or with the pulse.
            guard (try? await Task.sleep(until: deadline, clock: .continuous)) != nil else { return }
            self?.rang(at: deadline)
        }
    }

    private func rang(at instant: Instant) {
        let waiter = state.withLock { state -> Waiter? in
            guard state.ring == instant else { return nil }
            state.ring = nil
            guard let waiter = state.waiter, let deadline = waiter.deadline else { return nil }
            guard deadline <= .now else {
                setTimer(for: deadline, &state)
                return nil
            }
            state.waiter = nil
            return waiter
        }
        waiter?.continuation.resume()
    }
}
