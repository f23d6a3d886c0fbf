import Compute

/// How a call is repeated while the database cannot give a clear answer.
struct Persistence: Sendable {
    /// For how long a request is repeated.
    let patience: Duration

    private static let firstPause = Duration.milliseconds(50)
    private static let slow = Duration.seconds(1)

    /// Repeats a request that may have been accepted, until it is known what became of it.
    ///
    /// Every attempt must carry the same request id. One that surely did not happen is not repeated: the caller can.
    /// - Throws: what `attempt` throws, when the patience is over.
    /// Cancellation: ends the pauses, and so the repeating; what is unknown then stays so.
    func settle(_ attempt: () async throws -> RequestOutcome) async throws -> RequestOutcome {
        let deadline = ContinuousClock.now + patience
        var pause = Self.firstPause
        var unknown: ComputeError?
        while true {
            do {
                return try await attempt()
            } catch let error as ComputeError where error.code == .outcomeUnknown {
                unknown = error
            } catch let error as ComputeError where error.code == .databaseUnavailable {
                // The first attempt may still have been accepted.
                guard unknown != nil else { throw error }
            }
            if let unknown, Task.isCancelled || ContinuousClock.now + pause > deadline { throw unknown }
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw unknown ?? error
            }
            pause *= 2
        }
    }

    /// Does what follows a change that is made already: where that fails, nobody may be told that nothing was changed.
    /// - Throws: `.outcomeUnknown` in place of `.databaseUnavailable` and of cancellation; else what `body` throws.
    static func afterChange<Value>(_ body: () async throws -> Value) async throws -> Value {
        let message = "a part of the request was done"
        do {
            return try await body()
        } catch let error as ComputeError where error.code == .databaseUnavailable {
            throw ComputeError(.outcomeUnknown, message, cause: error)
        } catch let error as CancellationError {
            throw ComputeError(.outcomeUnknown, message, cause: error)
        }
    }

    /// Reads, and once more when that may help: not after a failure that took its time.
    func read<Value>(_ attempt: () async throws -> Value) async throws -> Value {
        let start = ContinuousClock.now
        do {
            return try await attempt()
        } catch let error as ComputeError where error.code.isRetryable {
            guard ContinuousClock.now - start < Self.slow else { throw error }
            return try await attempt()
        }
    }
}

extension APIFault {
    /// What a caller is told about any error.
    init(_ error: any Error) {
        switch error {
        case let fault as APIFault: self = fault
        case let error as ComputeError where error.code == .outcomeUnknown:
            self = .unavailable(
                "It is not known yet whether the request was accepted. Look at the server before repeating it.",
                cause: error
            )
        case let error as ComputeError where error.code == .databaseUnavailable:
            self = .unavailable("The database cannot be asked now. Nothing was changed.", cause: error)
        case let error as ComputeError where error.code == .nullCharacter:
            self.init(.badRequest, "A value has the character U+0000, which cannot be stored.", cause: error)
        case is CancellationError: self = .unavailable("The service is stopping.", cause: error)
        default:
            self.init(
                .unexpected,
                "Unexpected API error. The log of the service has the reason under this request's id.",
                cause: error
            )
        }
    }
}
