import Postgres

/// A level-triggered wake-up for one waiting task: a signal that comes while nobody waits is kept.
final class Pulse: Sendable {
    private struct State {
        var isSignalled = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Guarded(State())

    /// Wakes the waiter now, or the next one at once.
    func signal() {
        let waiter = state.withLock { state in
            state.isSignalled = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Waits for a signal, or until the time is over, or until the task is cancelled.
    func wait(upTo limit: Duration) async {
        guard limit > .zero else { return }
        await withTaskGroup { group in
            group.addTask { await self.signalled() }
            // Cancelled when the signal was first; then nobody cares how it ends.
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    private func signalled() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isSignalled || Task.isCancelled {
                        state.isSignalled = state.isSignalled && Task.isCancelled
                        return true
                    }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }?.resume()
        }
    }
}
