import Foundation

/// State shared between threads behind one lock, with a condition that a thread can sleep on.
///
/// It wraps a pthread lock instead of `Synchronization.Mutex` because a connection's thread sleeps until work arrives,
/// and because the thread sanitizer understands pthread locks and reports the other falsely.
package final class Guarded<State: Sendable>: @unchecked Sendable {
    // Invariant that makes it Sendable: `state` is touched only while `condition` is locked.
    private let condition = NSCondition()
    private var state: State

    /// Guards `state`.
    package init(_ state: State) {
        self.state = state
    }

    /// Runs `body` with the lock held; `body` must not block.
    package func withLock<Value>(_ body: (inout State) -> Value) -> Value {
        condition.lock()
        defer { condition.unlock() }
        return body(&state)
    }

    /// Wakes one thread that sleeps in ``waitForValue(_:)``.
    func signal() {
        condition.signal()
    }

    /// Blocks the calling thread until `body` gives a value. Never call it on the cooperative pool.
    func waitForValue<Value>(_ body: (inout State) -> Value?) -> Value {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let value = body(&state) { return value }
            condition.wait()
        }
    }
}
