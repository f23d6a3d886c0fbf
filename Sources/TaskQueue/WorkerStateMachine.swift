import Postgres

/// Decides what a worker does next: which ends of attempts to write, what to claim, which handlers to stop. Pure: it is
/// told the time and the jitter, and does no I/O.
///
/// A task goes: claimed (its handler runs, ``LeaseBook`` holds its lease) -> ended by its handler (``handlerEnded``; its
/// ending waits) -> in an exchange -> written, refused or lost, and forgotten. A worker goes: working -> draining
/// (``beginDrain``) -> done, when nothing is held and nothing on its way.
///
/// Exchanges use a few lanes. A lane that is free takes all endings that wait and claims for the slots they leave, in one
/// round trip; so a saturated worker works in batches, and a lone task waits for nobody.
struct WorkerStateMachine: Sendable {
    /// The most endings, and the most claims, in one exchange.
    static let batchLimit = 500
    /// Exchanges on their way at the same time.
    static let lanes = 2
    /// How long after a refused claim the next one comes, at the latest.
    static let claimPause = Duration.seconds(1)
    /// How long after a vain wait for a locked row the next one comes, at the latest.
    static let lockPause = Duration.milliseconds(500)

    /// How much there may be to claim.
    enum Appetite: Sendable {
        /// Nothing, as far as is known.
        case none
        /// Something may be there: one claim finds out.
        case some
        /// The last claim was filled: there is more.
        case more
    }

    /// An ending that may have to wait for a row that somebody holds locked.
    struct Suspect: Sendable {
        var lease: HeldLease
        /// It waited in vain alone: not again before.
        var notBefore: ContinuousClock.Instant
    }

    /// One claimed task.
    struct Held: Sendable {
        var task: QueuedTask
        /// Set once its handler has ended.
        var ending: TaskEnding?
        /// To be sent alone: the exchange it was in was refused.
        var isAlone = false
        /// The database refused its own ending, so it is to be recorded as a failure.
        var isRefused = false
    }

    let options: WorkerOptions
    let kinds: Set<String>

    var book: LeaseBook
    var contact: Contact
    var held: [HeldLease: Held] = [:]
    /// Ended by their handlers and not on their way, in order.
    var waiting: [HeldLease] = []
    /// Those whose exchange waited in vain for a locked row. They go alone and in one lane, so that the other lane keeps
    /// working however long the row is locked.
    var suspects: [Suspect] = []
    var inFlight: [Int: Exchange] = [:]
    var isDraining = false
    /// No handler may go on: the grace is over, or the process was cancelled.
    var isStopped = false

    /// Tasks of each queue that take up a slot: claimed, and their endings not on their way.
    var occupied: [String: Int] = [:]
    var watermarks: [String: Watermark] = [:]
    var appetite = Appetite.some
    /// The last claim met a limit of running tasks: whenever one has ended there may be room for another.
    var isLimited = false
    /// Queues that gave as much as was asked of them: when one of their tasks has ended there may be more.
    var filled: Set<String> = []
    var wakes = 0
    var turn: Int32 = 0
    var lastPoll: ContinuousClock.Instant?
    /// After a failure: no exchange before.
    var retryAt: ContinuousClock.Instant?
    /// After a refusal: no claim before.
    var claimAfter: ContinuousClock.Instant?
    /// Its last heartbeat was not answered: whoever cannot extend leases takes no new ones.
    var isHeartless = false
    var backoff = Backoff(base: .milliseconds(50), cap: .seconds(2))
    var exchanges = 0
    /// Until when the watch over leases sleeps; nil when it waits for a signal.
    var watchedUntil: ContinuousClock.Instant?
    /// Leases that a heartbeat was told of and that no task here knows, and since when.
    var unknown: [HeldLease: ContinuousClock.Instant] = [:]
    /// Leases whose ending could not be written, and since when. They run out, and the rescue counts them: handed back,
    /// the task would be done again and again, and its ending refused each time.
    var abandoned: [HeldLease: ContinuousClock.Instant] = [:]

    init(options: WorkerOptions, kinds: Set<String>) {
        self.options = options
        self.kinds = kinds
        book = LeaseBook(margin: options.leaseDuration / 6)
        contact = Contact(longestSilence: options.leaseDuration)
    }

    /// Whether a draining worker has nothing left to do.
    var isDone: Bool { isDraining && held.isEmpty && inFlight.isEmpty }

    /// Whether something that is to be sent could be sent now.
    var hasFreeLane: Bool { inFlight.count < Self.lanes }

    /// Work may be there: a notification, a reconnect, a sweep that made tasks runnable.
    mutating func wake() {
        wakes += 1
        if case .none = appetite { appetite = .some }
    }

    /// Something may have happened while nobody listened: the next claim looks from the start.
    mutating func wakeToPoll() {
        lastPoll = nil
        wake()
    }

    /// What to send now, or nil when no lane is free or there is nothing to send.
    mutating func nextExchange(at now: ContinuousClock.Instant) -> Exchange? {
        guard hasFreeLane, retryAt.map({ $0 <= now }) ?? true else { return nil }
        if let suspect = takeSuspect(at: now) { return send([suspect], claim: nil, isSuspect: true, at: now) }
        let endings = takeEndings()
        let mayHaveMore = endings.contains { isLimited || filled.contains(held[$0.lease]?.task.queue ?? "") }
        if mayHaveMore, case .none = appetite { appetite = .some }
        let claim = claimRequest(at: now)
        guard !endings.isEmpty || claim != nil else { return nil }
        return send(endings, claim: claim, isSuspect: false, at: now)
    }

    private mutating func send(
        _ endings: [TaskEnding],
        claim: ClaimRequest?,
        isSuspect: Bool,
        at now: ContinuousClock.Instant
    ) -> Exchange {
        exchanges += 1
        let exchange = Exchange(
            number: exchanges,
            endings: endings,
            claim: claim,
            sent: now,
            wakes: wakes,
            isSuspect: isSuspect
        )
        inFlight[exchange.number] = exchange
        return exchange
    }

    /// When to ask for the next exchange even if nothing happens until then.
    func nextLook(after now: ContinuousClock.Instant) -> ContinuousClock.Instant {
        let poll = lastPoll.map { $0 + options.pollInterval } ?? now
        // Before its time a poll would only be put off again.
        let suspect = suspects.lazy.map(\.notBefore).min()
        let quiet = [retryAt, claimAfter, suspect].compactMap { $0 }.filter { $0 > now }.min()
        let next = [quiet, poll > now ? poll : nil].compactMap { $0 }.min()
        return next ?? now + options.pollInterval
    }

    /// No new work. What runs may go on for the grace.
    mutating func beginDrain() {
        isDraining = true
    }

    /// The grace is over: every handler must stop.
    mutating func stopAll() -> [HeldLease] {
        isDraining = true
        isStopped = true
        return book.stopAll()
    }
}

// MARK: - Claiming

extension WorkerStateMachine {
    private mutating func claimRequest(at now: ContinuousClock.Instant) -> ClaimRequest? {
        guard !isDraining, !isHeartless, claimAfter.map({ $0 <= now }) ?? true else { return nil }
        // Now and then from the start: a position may have become visible below the mark.
        let isPoll = lastPoll.map { now - $0 >= options.pollInterval } ?? true
        let claims = inFlight.values.filter { $0.claim != nil }
        switch appetite {
        case .more: break
        case .some where claims.isEmpty: break
        case .none where isPoll && claims.isEmpty: break
        default: return nil
        }
        let queues = slots(asked: claims, isPoll: isPoll)
        guard !queues.isEmpty else { return nil }
        if isPoll { lastPoll = now }
        return ClaimRequest(
            workerID: options.workerID,
            kinds: kinds,
            queues: queues,
            leaseDuration: options.leaseDuration,
            turn: turn
        )
    }

    /// The free slots of each queue, at most one batch in all; each time another queue is first.
    private func slots(asked claims: [Exchange], isPoll: Bool) -> [ClaimRequest.QueueRequest] {
        var asked: [String: Int] = [:]
        for request in claims.flatMap({ $0.claim?.queues ?? [] }) { asked[request.name, default: 0] += request.limit }
        let names = options.queues.keys.sorted()
        var room = Self.batchLimit
        return names.indices.compactMap { index in
            let name = names[(index + exchanges) % names.count]
            let free = options.queues[name, default: 0] - occupied[name, default: 0] - asked[name, default: 0]
            let limit = min(free, room)
            guard limit > 0 else { return nil }
            room -= limit
            let low = isPoll ? Watermark.start : watermarks[name, default: Watermark()].low
            return ClaimRequest.QueueRequest(name: name, limit: limit, low: low)
        }
    }

    /// Takes over what was claimed.
    /// - Returns: the tasks to start; none while draining: those are handed back.
    mutating func take(_ claim: Claim, of exchange: Exchange) -> [QueuedTask] {
        turn = Int32((Int(turn) + claim.tasks.count) % 7)
        let queues = exchange.claim?.queues ?? []
        isLimited = claim.isLimited || isLimited && queues.count < options.queues.count
        learn(claim, queues)
        if claim.tasks.count >= exchange.asked {
            appetite = .more
        } else if exchange.wakes == wakes, filled.isDisjoint(with: queues.map(\.name)) {
            appetite = .none
        } else {
            appetite = .some
        }
        for task in claim.tasks {
            occupied[task.queue, default: 0] += 1
            held[task.held] = Held(task: task)
            book.grant(
                task.held,
                deadline: exchange.sent + options.leaseDuration,
                attemptEnds: exchange.sent + options.attemptLimit,
                stop: task.isCancelRequested ? .cancelRequested : nil
            )
        }
        guard isDraining else { return claim.tasks }
        for task in claim.tasks { end(task.held, TaskEnding(lease: task.held, verb: .released)) }
        return []
    }

    /// What a claim says of what it left in its queues.
    private mutating func learn(_ claim: Claim, _ queues: [ClaimRequest.QueueRequest]) {
        let tasks = Dictionary(grouping: claim.tasks, by: \.queue)
        for queue in queues {
            let found = tasks[queue.name, default: []]
            let isFilled = found.count >= queue.limit
            // Under a limit of running tasks a queue gives less than it has.
            let rest: Watermark.Rest = isFilled || claim.isLimited ? .later : .none
            watermarks[queue.name, default: Watermark()].learn(found, from: queue.low, rest: rest)
            // A look that began above the mark says nothing of what lies below it.
            if isFilled || watermarks[queue.name]?.isCovered(by: queue.low) == false {
                filled.insert(queue.name)
            } else {
                filled.remove(queue.name)
            }
        }
    }
}
