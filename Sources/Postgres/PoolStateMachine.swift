/// What a pool knows, and what it does next: the pure part of ``ConnectionPool``, without clock and without I/O.
///
/// A resource is nowhere, being connected, idle, or leased. Waiters are served in order of arrival; their deadlines
/// have the same order, since all wait equally long.
struct PoolStateMachine<Resource: Sendable, Waiter: Sendable>: Sendable {
    typealias Instant = ContinuousClock.Instant

    /// What the shell has to do after an event.
    enum Action {
        case lease(Resource, to: Waiter)
        case fail(Waiter, PostgresError)
        case discard(Resource)
        case connect
        /// Call ``waitersExpired(now:)`` at this time.
        case expireWaiters(at: Instant)
        /// Call ``backoffEnded()`` after this time.
        case endBackoff(after: Duration)
    }

    let maximumResources: Int
    let maximumWaiters: Int
    let acquireTimeout: Duration

    private var idle: [Resource] = []
    private var leased = 0
    private var connecting = 0
    private var waiters = WaiterQueue<Waiter>()
    private var backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))
    private var isBackingOff = false
    private var lastFailure: PostgresError?
    private var isExpiryScheduled = false
    private(set) var isClosed = false

    init(maximumResources: Int, maximumWaiters: Int, acquireTimeout: Duration) {
        self.maximumResources = maximumResources
        self.maximumWaiters = maximumWaiters
        self.acquireTimeout = acquireTimeout
    }

    /// Whether it is closed and nothing is in use any more.
    var isDrained: Bool {
        isClosed && leased == 0 && connecting == 0
    }

    /// Leases the resource that was used last, if one is idle.
    mutating func takeIdle() -> Resource? {
        guard !isClosed, let resource = idle.popLast() else { return nil }
        leased += 1
        return resource
    }

    /// Puts a caller in line.
    /// - Returns: the number to cancel it by, absent when it was refused; and what to do.
    mutating func enqueue(_ waiter: Waiter, now: Instant) -> (number: Int?, actions: [Action]) {
        if isClosed { return (nil, [.fail(waiter, Self.closed)]) }
        if let resource = takeIdle() { return (nil, [.lease(resource, to: waiter)]) }
        guard waiters.count < maximumWaiters else {
            let message = "\(maximumWaiters) callers are waiting for a database connection already."
            return (nil, [.fail(waiter, PostgresError(.poolExhausted, message, cause: lastFailure, retry: .safe))])
        }
        let number = waiters.append(waiter, deadline: now + acquireTimeout)
        return (number, scheduleExpiry() + connectIfUseful())
    }

    /// Takes a caller out of the line.
    mutating func cancel(_ number: Int) -> [Action] {
        guard let waiter = waiters.remove(number) else { return [] }
        let message = "The task was cancelled while it waited for a database connection."
        return [.fail(waiter, PostgresError(.cancelled, message, retry: .safe))]
    }

    /// A connection was made.
    mutating func connected(_ resource: Resource) -> [Action] {
        connecting -= 1
        leased += 1
        lastFailure = nil
        backoff.reset()
        return release(resource, isReusable: true)
    }

    /// A connection could not be made. Nobody is told: the next attempt may succeed before their time is over.
    mutating func connectFailed(_ error: PostgresError) -> [Action] {
        connecting -= 1
        lastFailure = error
        guard !isBackingOff, !isClosed else { return [] }
        isBackingOff = true
        return [.endBackoff(after: backoff.next())]
    }

    /// The pause after a failed attempt is over.
    mutating func backoffEnded() -> [Action] {
        isBackingOff = false
        return connectIfUseful()
    }

    /// A lease ended.
    mutating func release(_ resource: Resource, isReusable: Bool) -> [Action] {
        if isReusable, let waiter = waiters.popFirst() {
            return [.lease(resource, to: waiter)] + connectIfUseful()
        }
        leased -= 1
        guard isReusable else { return [.discard(resource)] + connectIfUseful() }
        idle.append(resource)
        return []
    }

    /// The time set by `.expireWaiters` has come.
    mutating func waitersExpired(now: Instant) -> [Action] {
        isExpiryScheduled = false
        var actions: [Action] = []
        while let waiter = waiters.popFirst(dueAt: now) {
            actions.append(.fail(waiter, noConnectionInTime))
        }
        return actions + scheduleExpiry()
    }

    /// Refuses everything from now on; leases may end in their own time.
    mutating func close() -> [Action] {
        isClosed = true
        var actions: [Action] = []
        while let waiter = waiters.popFirst() { actions.append(.fail(waiter, Self.closed)) }
        return actions
    }

    /// Hands over what is idle, to be closed.
    mutating func takeAllIdle() -> [Resource] {
        defer { idle = [] }
        return idle
    }
}

extension PoolStateMachine {
    private static var closed: PostgresError {
        PostgresError(.closed, "The connection pool is closed.", retry: .safe)
    }

    private var noConnectionInTime: PostgresError {
        guard let lastFailure else {
            let message =
                "No database connection came free within \(acquireTimeout): \(leased) in use, \(connecting) being made."
            return PostgresError(.poolExhausted, message, retry: .safe)
        }
        let message = "No database connection could be made within \(acquireTimeout)."
        return PostgresError(.connectionFailed, message, cause: lastFailure, retry: .safe)
    }

    private mutating func scheduleExpiry() -> [Action] {
        guard !isExpiryScheduled, let deadline = waiters.firstDeadline else { return [] }
        isExpiryScheduled = true
        return [.expireWaiters(at: deadline)]
    }

    /// One attempt for each waiter that has none, within the maximum. While the server cannot be reached, one attempt
    /// at a time.
    private mutating func connectIfUseful() -> [Action] {
        guard !isClosed, !isBackingOff else { return [] }
        let room = maximumResources - idle.count - leased - connecting
        let limit = lastFailure == nil ? waiters.count : 1
        let count = min(room, limit - connecting, waiters.count)
        guard count > 0 else { return [] }
        connecting += count
        return Array(repeating: .connect, count: count)
    }
}
