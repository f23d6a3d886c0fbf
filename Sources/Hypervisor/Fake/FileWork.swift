import Dispatch

/// Runs file work on threads of its own, since a file that is slow must not hold a thread of the cooperative pool.
enum FileWork {
    private static let queue = DispatchQueue(label: "reprieve.fake-hypervisor", attributes: .concurrent)

    static func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(HypervisorError) -> Value
    ) async throws(HypervisorError) -> Value {
        let result: Result<Value, HypervisorError> = await withCheckedContinuation { continuation in
            queue.async {
                continuation.resume(returning: Result { () throws(HypervisorError) in try work() })
            }
        }
        return try result.get()
    }

    /// Comes back after this time whatever happens to the caller's task, which no sleep of a task does.
    static func wait(milliseconds: Int) async {
        await withCheckedContinuation { continuation in
            queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { continuation.resume() }
        }
    }
}
