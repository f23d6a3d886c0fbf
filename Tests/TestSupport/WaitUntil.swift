/// A condition that did not come true in time.
package struct WaitTimeout: Error, CustomStringConvertible {
    /// What was waited for, and for how long.
    package let description: String
}

/// Waits until `condition` holds, looking every few milliseconds: level-triggered, so nothing that happens between two
/// looks can be missed.
///
/// - Parameters:
///   - timeout: how long to wait before giving up; generous, since it costs time only when a test fails.
///   - what: what is waited for, for the message.
/// - Throws: ``WaitTimeout``, or what `condition` throws.
///
/// Cancellation: ends the wait with `CancellationError`.
package func waitUntil(
    timeout: Duration = .seconds(60),
    _ what: String,
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + timeout
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            throw WaitTimeout(description: "waited \(timeout) in vain until \(what)")
        }
        try await Task.sleep(for: .milliseconds(5))
    }
}
