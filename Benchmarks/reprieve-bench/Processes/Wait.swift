/// Waiting for something that another process does.
enum Wait {
    /// Looks every two milliseconds until `condition` holds.
    /// - Throws: ``BenchError`` `.failed` after `limit`; `CancellationError`; what `condition` throws.
    static func until(
        within limit: Duration,
        _ what: String,
        isolation: isolated (any Actor)? = #isolation,
        _ condition: () async throws -> Bool
    ) async throws {
        let deadline = ContinuousClock.now + limit
        while try await !condition() {
            guard ContinuousClock.now < deadline else {
                throw BenchError(.failed, "waited \(limit) in vain until \(what)")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}
