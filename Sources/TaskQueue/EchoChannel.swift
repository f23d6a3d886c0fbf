import Foundation
import Postgres

/// A channel on which one listener hears its own notifications; everything else that it hears is passed on.
final class EchoChannel: Sendable {
    struct State {
        var isListening = false
        /// How often it began to listen, and how often it had when the last round was sent.
        var connections = 0
        var tested = 0
        /// The last round that was sent, and the last that was heard.
        var sent = 0
        var heard = 0
    }

    let name = "reprieve_echo_\(UUID().uuidString.lowercased())"
    private let guarded = Guarded(State())
    private let changed = Pulse()
    private let forward: @Sendable (Listener.Event) -> Void

    init(forward: @escaping @Sendable (Listener.Event) -> Void) {
        self.forward = forward
    }

    var state: State { guarded.withLock { $0 } }

    /// The number of the next round, to be sent as the payload.
    func nextRound() -> Int {
        guarded.withLock { state in
            state.tested = state.connections
            state.sent += 1
            return state.sent
        }
    }

    /// Takes what the listener hears, on its thread; there is always room.
    @Sendable
    func deliver(_ event: Listener.Event) -> Bool {
        switch event {
        case .notification(name, let payload):
            guarded.withLock { $0.heard = max($0.heard, Int(payload) ?? 0) }
            changed.signal()
            return true
        case .notification:
            break
        case .listening:
            guarded.withLock { state in
                state.isListening = true
                state.connections += 1
            }
            changed.signal()
        case .lost:
            guarded.withLock { $0.isListening = false }
            changed.signal()
        }
        forward(event)
        return true
    }

    /// Waits until the condition holds; one caller at a time.
    /// - Returns: whether it does.
    func wait(upTo limit: Duration, until condition: (State) -> Bool) async -> Bool {
        let deadline = ContinuousClock.now + limit
        while !condition(state) {
            let left = deadline - .now
            guard left > .zero, !Task.isCancelled else { return false }
            await changed.wait(upTo: left)
        }
        return true
    }
}
