/// Gathers the calls of many callers into few statements: one round trip and one commit for all who wait.
///
/// There is no timer. A lane that is free takes all who wait, at most a batch, so one caller alone pays no delay, and
/// batches grow with the load. A batch of one calls the single-row form, which is cheaper than a set of one.
///
/// | what the batch threw | what the callers get |
/// |---|---|
/// | a deadlock (40P01) | the batch is repeated once |
/// | any other refusal, or a second deadlock | its rows are repeated one by one, each with its own outcome |
/// | the server is stopping or out of a resource; no connection; an outcome that is unknown | all get this error |
///
/// Only what the server has rolled back is repeated. Each caller awaits its own answer, so whoever waits for the
/// callers before closing the pool loses nothing.
package final class Coalescer<Request: Sendable, Outcome: Sendable>: Sendable {
    /// Does one request alone.
    package typealias Single = @Sendable (Request) async throws(PostgresError) -> Outcome
    /// Does several requests in one transaction, and gives as many outcomes in the same order.
    package typealias Batch = @Sendable ([Request]) async throws(PostgresError) -> [Outcome]

    private typealias Answer = Result<Outcome, PostgresError>
    /// A class, since it is handed on several times, and a request may be costly to copy.
    private final class Waiter: Sendable {
        let request: Request
        let continuation: CheckedContinuation<Answer, Never>

        init(request: Request, continuation: CheckedContinuation<Answer, Never>) {
            self.request = request
            self.continuation = continuation
        }
    }

    private let state: Guarded<CoalescerStateMachine<Waiter>>
    private let single: Single
    private let batch: Batch

    /// - Parameters:
    ///   - lanes: at least 1; batches under way at the same time, each on a connection.
    ///   - batchLimit: at least 1; requests in one batch.
    ///   - waiterLimit: at least 1; the next caller fails at once.
    package init(
        lanes: Int = 2,
        batchLimit: Int = 500,
        waiterLimit: Int = 4096,
        single: @escaping Single,
        batch: @escaping Batch
    ) {
        precondition(lanes >= 1 && batchLimit >= 1 && waiterLimit >= 1, "a coalescer needs a lane and a place in line")
        state = Guarded(CoalescerStateMachine(lanes: lanes, batchLimit: batchLimit, waiterLimit: waiterLimit))
        self.single = single
        self.batch = batch
    }

    /// Does a request, together with those of others.
    ///
    /// - Throws: ``PostgresError``; `.poolExhausted` when too many wait already.
    /// Cancellation: a caller that still waits leaves the line with `.cancelled`; what was sent is awaited.
    package func perform(_ request: Request) async throws(PostgresError) -> Outcome {
        let number = state.withLock { $0.drawNumber() }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enter(number, Waiter(request: request, continuation: continuation))
                // The handler may have run before the caller was in line.
                if Task.isCancelled { leave(number) }
            }
        } onCancel: {
            leave(number)
        }
        return try answer.get()
    }

    /// How many callers wait for a lane.
    package var waiting: Int { state.withLock { $0.waiting } }

    private func enter(_ number: Int, _ waiter: Waiter) {
        let (isIn, startsLane) = state.withLock { state in
            let isIn = state.enqueue(waiter, number: number)
            return (isIn, state.startsLane())
        }
        if startsLane { startLane() }
        guard !isIn else { return }
        let message = "Too many callers wait for the same statement already."
        waiter.continuation.resume(returning: .failure(PostgresError(.poolExhausted, message, retry: .safe)))
    }

    private func leave(_ number: Int) {
        guard let waiter = state.withLock({ $0.leave(number) }) else { return }
        let message = "The task was cancelled before its statement was sent."
        waiter.continuation.resume(returning: .failure(PostgresError(.cancelled, message, retry: .safe)))
    }
}

extension Coalescer {
    /// A lane belongs to no caller: it serves whoever is in line, and must not end with the caller that started it. It
    /// ends by itself when nobody is left.
    private func startLane() {
        Task.detached { [self] in
            var waiters = next(isFirst: true)
            while !waiters.isEmpty {
                await serve(waiters)
                waiters = next(isFirst: false)
            }
        }
    }

    private func next(isFirst: Bool) -> [Waiter] {
        let (waiters, startsLane) = state.withLock { state in
            (state.nextBatch(isFirst: isFirst), state.startsLane())
        }
        if startsLane { startLane() }
        return waiters
    }

    private func serve(_ waiters: [Waiter]) async {
        guard waiters.count > 1 else { return await serveOneByOne(waiters[...]) }
        do throws(PostgresError) {
            let outcomes = try await repeatedAfterDeadlock(waiters.map { $0.request })
            for (waiter, outcome) in zip(waiters, outcomes) {
                waiter.continuation.resume(returning: .success(outcome))
            }
        } catch {
            guard Self.concernsOneRow(error) else { return Self.fail(waiters[...], error) }
            await serveOneByOne(waiters[...])
        }
    }

    private func repeatedAfterDeadlock(_ requests: [Request]) async throws(PostgresError) -> [Outcome] {
        do throws(PostgresError) {
            return try await checkedBatch(requests)
        } catch {
            guard error.sqlState == SQLState.deadlockDetected else { throw error }
            return try await checkedBatch(requests)
        }
    }

    private func checkedBatch(_ requests: [Request]) async throws(PostgresError) -> [Outcome] {
        let outcomes = try await batch(requests)
        guard outcomes.count == requests.count else {
            let message = "A batch of \(requests.count) requests gave \(outcomes.count) outcomes."
            throw PostgresError(.decoding, message, retry: .outcomeUnknown)
        }
        return outcomes
    }

    private func serveOneByOne(_ waiters: ArraySlice<Waiter>) async {
        for (index, waiter) in zip(waiters.indices, waiters) {
            do throws(PostgresError) {
                let outcome = try await single(waiter.request)
                waiter.continuation.resume(returning: .success(outcome))
            } catch {
                // Without a server each of the others would only wait in vain, and those behind them too.
                guard Self.concernsOneRow(error) else { return Self.fail(waiters[index...], error) }
                waiter.continuation.resume(returning: .failure(error))
            }
        }
    }

    /// Whether the server refused what it was asked and may take the rest.
    private static func concernsOneRow(_ error: PostgresError) -> Bool {
        error.code == .server && !(error.sqlState.map(SQLState.isServerTrouble) ?? false)
    }

    private static func fail(_ waiters: ArraySlice<Waiter>, _ error: PostgresError) {
        for waiter in waiters { waiter.continuation.resume(returning: .failure(error)) }
    }
}
