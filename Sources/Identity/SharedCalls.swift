import NIOConcurrencyHelpers

/// Makes one call for all who want the same thing at the same time.
final class SharedCalls<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private typealias Call = Task<Result<Value, IdentityError>, Never>

    private let limit: Int
    // Not the standard library's lock, of which the thread sanitizer reports races that are none.
    private let calls = NIOLockedValueBox<[Key: Call]>([:])

    /// - Parameter limit: calls under way at the same time, at most.
    init(limit: Int) {
        self.limit = limit
    }

    /// The outcome of the call for a key: of the one under way, or of a new one.
    ///
    /// What `call` remembers it must look for itself first: between the caller's look and this one it may have been found.
    /// - Throws: what the call throws; ``IdentityError`` `.unavailable` when too many are under way.
    ///
    /// Cancellation: of one that waits disturbs neither the call nor the others; it gets the outcome all the same.
    func value(
        for key: Key,
        _ call: @escaping @Sendable () async throws(IdentityError) -> Value
    ) async throws(IdentityError) -> Value {
        guard let task = join(key, call) else {
            throw IdentityError(.unavailable, "\(limit) calls to the identity service are under way")
        }
        return try await task.value.get()
    }

    private func join(_ key: Key, _ call: @escaping @Sendable () async throws(IdentityError) -> Value) -> Call? {
        calls.withLockedValue { calls in
            if let task = calls[key] { return task }
            guard calls.count < limit else { return nil }
            // Nobody's child: the call is made for all who wait, and must not end with the one who came first.
            let task = Call {
                let outcome: Result<Value, IdentityError>
                do throws(IdentityError) {
                    outcome = .success(try await call())
                } catch {
                    outcome = .failure(error)
                }
                self.calls.withLockedValue { $0[key] = nil }
                return outcome
            }
            calls[key] = task
            return task
        }
    }
}
