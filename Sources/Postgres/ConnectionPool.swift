package import Logging
import ServiceLifecycle

/// At most so many connections to one database, made when they are needed and replaced when they die.
///
/// Every statement finds a connection that was alive a moment before it was sent. While the server cannot be reached,
/// callers wait, up to the acquire timeout, for one of the attempts to succeed, which come with growing, random pauses.
/// A coalescer, which gathers the calls of many callers into one statement, would stand on top of this type.
package final class ConnectionPool: Service, Sendable {
    typealias Waiter = CheckedContinuation<Result<Connection, PostgresError>, Never>
    typealias StateMachine = PoolStateMachine<Connection, Waiter>

    private struct State {
        var machine: StateMachine
        var drainers: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextDrainer = 0
    }

    private let configuration: PostgresConfiguration
    private let preparation: Preparation
    private let maximumConnections: Int
    private let logger: Logger
    private let state: Guarded<State>

    /// Makes a pool; it connects with its first use.
    /// - Parameters:
    ///   - configuration: the database.
    ///   - maximumConnections: at least 1; each is a thread here and a process of the server.
    ///   - maximumWaiters: at least 1, since a connection is made for one who waits; the next caller fails at once.
    ///   - acquireTimeout: how long a caller waits for a connection.
    ///   - logger: told about lost and failed connections, at info and below.
    package init(
        configuration: PostgresConfiguration,
        maximumConnections: Int = 8,
        maximumWaiters: Int = 1024,
        acquireTimeout: Duration = .seconds(5),
        logger: Logger
    ) {
        precondition(maximumConnections >= 1 && maximumWaiters >= 1, "a pool needs a connection and a waiter")
        self.configuration = configuration
        preparation = Preparation(isUseful: configuration.usesPreparedStatements)
        self.maximumConnections = maximumConnections
        self.logger = logger
        let machine = StateMachine(
            maximumResources: maximumConnections,
            maximumWaiters: maximumWaiters,
            acquireTimeout: acquireTimeout
        )
        state = Guarded(State(machine: machine))
    }

    /// Runs one statement, which commits by itself, on any connection.
    ///
    /// - Parameters:
    ///   - statement: the SQL.
    ///   - values: its parameters, `$1` first.
    ///   - timeout: from the moment a connection was found until the answer; nil waits for ever.
    /// - Throws: ``PostgresError``. When `retry` is `.safe`, nothing was done.
    ///
    /// Cancellation: a cancelled task gets `.cancelled` at once while nothing is sent; a statement that was sent is
    /// awaited.
    @discardableResult
    package func execute(
        _ statement: Statement,
        _ values: [PostgresValue] = [],
        timeout: Duration? = .seconds(10)
    ) async throws(PostgresError) -> Rows {
        var failure: PostgresError
        var attempts = 0
        repeat {
            let connection = try await acquire()
            do throws(PostgresError) {
                defer { release(connection) }
                return try await connection.execute(statement, values, timeout: timeout)
            } catch {
                failure = error
            }
            attempts += 1
            // After a restart of the server every idle connection is dead; beyond those, one is new.
        } while failure.code == .connectionLost && attempts <= maximumConnections
        throw failure
    }

    /// Lends a connection to `body`, alone, for as long as it runs.
    ///
    /// A connection that comes back inside a transaction is closed; other state of the session (`SET`, `LISTEN`,
    /// advisory locks) must be undone by `body`, which must not keep the connection.
    /// - Throws: what `body` throws, or ``PostgresError`` when there is no connection.
    ///
    /// Cancellation: leaves the line at once; later it is the body's business.
    package func withConnection<Value: Sendable>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: (Connection) async throws -> Value
    ) async throws -> Value {
        let connection = try await acquireFresh()
        defer { release(connection) }
        return try await body(connection)
    }

    /// Waits for graceful shutdown, then for the connections that are lent, and closes all.
    ///
    /// Running it is only needed in a service group. Cancelled, it closes what is idle and does not wait for the rest.
    package func run() async throws {
        // Cancellation is the other way to be told to stop, and no failure.
        try? await gracefulShutdown()
        await shutdown()
    }

    /// Refuses further use, waits until all connections came back, and closes them. It may be called twice.
    ///
    /// Cancellation: stops the waiting; a connection that comes back later is closed with the pool's deinit.
    package func shutdown() async {
        perform { $0.close() }
        await drained()
        for connection in state.withLock({ $0.machine.takeAllIdle() }) { await connection.close() }
    }
}

extension ConnectionPool {
    private func acquireFresh() async throws(PostgresError) -> Connection {
        var connection = try await acquire()
        while await !connection.isFresh() {
            release(connection)
            connection = try await acquire()
        }
        return connection
    }

    private func acquire() async throws(PostgresError) -> Connection {
        guard !Task.isCancelled else {
            throw PostgresError(.cancelled, "The task was cancelled before the statement was sent.", retry: .safe)
        }
        if let connection = state.withLock({ $0.machine.takeIdle() }) { return connection }
        return try await waitForConnection().get()
    }

    private func waitForConnection() async -> Result<Connection, PostgresError> {
        let ticket = Guarded<Int?>(nil)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                perform { machine in
                    let (number, actions) = machine.enqueue(waiter, now: .now)
                    ticket.withLock { $0 = number }
                    return actions
                }
                // The handler may have run before there was a number.
                if Task.isCancelled { leaveLine(ticket) }
            }
        } onCancel: {
            leaveLine(ticket)
        }
    }

    private func leaveLine(_ ticket: Guarded<Int?>) {
        guard let number = ticket.withLock({ $0 }) else { return }
        perform { $0.cancel(number) }
    }

    private func release(_ connection: Connection) {
        perform { $0.release(connection, isReusable: connection.isReusable) }
    }

    /// Tells the state machine of an event and does what it answers.
    private func perform(_ event: (inout StateMachine) -> [StateMachine.Action]) {
        let (actions, drainers) = state.withLock { state in
            let actions = event(&state.machine)
            guard state.machine.isDrained else { return (actions, [CheckedContinuation<Void, Never>]()) }
            defer { state.drainers = [:] }
            return (actions, Array(state.drainers.values))
        }
        actions.forEach(perform)
        drainers.forEach { $0.resume() }
    }

    /// The tasks started here belong to no caller: a connection serves whoever is first in line when it is ready, and
    /// must be made even if the caller who asked for it has left. Each ends by itself: a connect has its timeout.
    private func perform(_ action: StateMachine.Action) {
        switch action {
        case .lease(let connection, let waiter):
            waiter.resume(returning: .success(connection))
        case .fail(let waiter, let error):
            waiter.resume(returning: .failure(error))
        case .discard(let connection):
            logger.debug("postgres connection discarded")
            connection.discard()
        case .connect:
            Task { await connect() }
        case .expireWaiters(let instant):
            Task { await sleep(until: instant) { $0.waitersExpired(now: .now) } }
        case .endBackoff(let delay):
            Task { await sleep(until: .now + delay) { $0.backoffEnded() } }
        }
    }

    private func connect() async {
        do throws(PostgresError) {
            let connection = try await Connection.connect(
                configuration,
                preparation: preparation,
                logger: logger
            )
            logger.debug("postgres connection made")
            perform { $0.connected(connection) }
        } catch {
            logger.info("postgres connection failed", metadata: ["db.error": "\(error.message)"])
            perform { $0.connectFailed(error) }
        }
    }

    private func sleep(
        until instant: ContinuousClock.Instant,
        then event: (inout StateMachine) -> [StateMachine.Action]
    ) async {
        // Nobody holds this task, so nobody cancels it; were it cancelled, the event would only come early.
        try? await Task.sleep(until: instant, clock: .continuous)
        perform(event)
    }

    /// Waits until everything came back, or the task is cancelled.
    private func drained() async {
        let number = state.withLock { state in
            state.nextDrainer += 1
            return state.nextDrainer
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.machine.isDrained || Task.isCancelled { return true }
                    state.drainers[number] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.drainers.removeValue(forKey: number) }?.resume()
        }
    }
}
