import Foundation
import Postgres
import Testing

@testable import TaskQueue

@Suite("What a worker decides")
struct WorkerStateMachineTests {
    private let start = ContinuousClock.now

    private func machine(slots: Int = 4, queues: [String] = ["a"]) -> WorkerStateMachine {
        var options = WorkerOptions.test(queues: Dictionary(uniqueKeysWithValues: queues.map { ($0, slots) }))
        options.pollInterval = .seconds(5)
        return WorkerStateMachine(options: options, kinds: ["work"])
    }

    /// Sends the next exchange and answers its claim with so many tasks.
    private func claim(_ count: Int, at seconds: Int = 0, _ machine: inout WorkerStateMachine) throws -> [QueuedTask] {
        answer(try send(&machine, at: seconds), &machine, tasks: count).start
    }

    /// The next exchange, which there must be.
    private func send(_ machine: inout WorkerStateMachine, at seconds: Int = 0) throws -> Exchange {
        let exchange = machine.nextExchange(at: start + .seconds(seconds))
        return try #require(exchange)
    }

    @discardableResult
    private func answer(
        _ exchange: Exchange,
        _ machine: inout WorkerStateMachine,
        tasks count: Int = 0
    ) -> WorkerStateMachine.Consequences {
        let queue = exchange.claim?.queues.first?.name ?? "a"
        return answer(exchange, &machine, tasks: (0..<count).map { _ in QueuedTask.made(in: queue) })
    }

    @discardableResult
    private func answer(
        _ exchange: Exchange,
        _ machine: inout WorkerStateMachine,
        tasks: [QueuedTask]
    ) -> WorkerStateMachine.Consequences {
        let claim = exchange.claim.map { _ in Claim(tasks: tasks, nextDue: nil) }
        return machine.answered(exchange, ExchangeAnswer(claim: claim), at: exchange.sent)
    }

    /// Ends these tasks, which succeeded.
    private func succeed(_ tasks: [QueuedTask], _ machine: inout WorkerStateMachine) {
        for task in tasks { _ = machine.handlerEnded(task.held, .succeeded(), jitter: 0) }
    }

    @Test("claims at first, and then neither claims nor writes while nothing happens")
    func quiet() throws {
        var machine = machine()
        let none = try claim(0, &machine)
        #expect(none.isEmpty)
        let none44 = machine.nextExchange(at: start + .seconds(1))
        #expect(none44 == nil)
        #expect(machine.nextLook(after: start + .seconds(1)) == start + .seconds(5))
        let poll = try send(&machine, at: 5)
        #expect(poll.claim?.queues.map(\.low) == [Watermark.start])
    }

    @Test("writes the end of a lone task at once, without a claim")
    func lone() throws {
        var machine = machine()
        let claimed = try claim(1, &machine)
        let task = try #require(claimed.first)
        _ = machine.handlerEnded(task.held, .succeeded(), jitter: 0)
        let exchange = try send(&machine)
        #expect(exchange.endings.map(\.lease) == [task.held] && exchange.claim == nil)
        let events = answer(exchange, &machine).events
        #expect(events.map(\.endedStatus) == ["succeeded"])
        #expect(machine.held.isEmpty && machine.book.isEmpty)
    }

    @Test("when saturated writes what has ended and claims for those slots in one exchange")
    func saturated() throws {
        var machine = machine()
        let tasks = try claim(4, &machine)
        let none68 = machine.nextExchange(at: start)
        #expect(none68 == nil, "no slot is free")
        for task in tasks.prefix(3) { _ = machine.handlerEnded(task.held, .succeeded(), jitter: 0) }
        let exchange = try send(&machine)
        #expect(exchange.endings.count == 3 && exchange.asked == 3)
        // While it is on its way, only the fourth slot is taken.
        _ = machine.handlerEnded(tasks[3].held, .succeeded(), jitter: 0)
        let second = try send(&machine)
        #expect(second.endings.count == 1 && second.asked == 1)
        let none77 = machine.nextExchange(at: start)
        #expect(none77 == nil, "both lanes are busy")
    }

    @Test("asks twice at a time only when there was more than it could take")
    func appetite() throws {
        var machine = machine(slots: 1500)
        let first = try send(&machine)
        #expect(first.asked == WorkerStateMachine.batchLimit)
        let none86 = machine.nextExchange(at: start)
        #expect(none86 == nil)
        answer(first, &machine, tasks: WorkerStateMachine.batchLimit)
        let (second, third) = (machine.nextExchange(at: start), machine.nextExchange(at: start))
        #expect(second?.asked == 500 && third?.asked == 500)
        let none91 = machine.nextExchange(at: start)
        #expect(none91 == nil)
    }

    @Test("goes on with the queue that had more when another has nothing")
    func oneOfTwo() throws {
        var machine = machine(queues: ["a", "b"])
        let first = try send(&machine)
        let tasks = answer(first, &machine, tasks: 4).start
        // The other queue is asked once more, and has nothing.
        answer(try send(&machine), &machine)
        let quiet = machine.nextExchange(at: start)
        #expect(tasks.count == 4 && quiet == nil)
        _ = machine.handlerEnded(tasks[0].held, .succeeded(), jitter: 0)
        let next = try send(&machine)
        #expect(next.endings.count == 1)
        #expect(next.claim?.queues.contains { $0.name == tasks[0].queue && $0.limit == 1 } == true)
    }

    @Test("takes however many tasks lie far below its mark once it has looked from the start")
    func farBelow() throws {
        var machine = machine(slots: 3)
        let first = answer(try send(&machine), &machine, tasks: [QueuedTask.made(in: "a", at: 50_000)])
        succeed(first.start, &machine)
        // As if a sweep that had drawn these positions long ago committed only now.
        var waiting = (1...40).map { QueuedTask.made(in: "a", at: Int64($0 * 100)) }
        var at = 5
        while !waiting.isEmpty, let exchange = machine.nextExchange(at: start + .seconds(at)) {
            let low = exchange.claim?.queues.first?.low[1] ?? .max
            let found = waiting.filter { $0.position >= low }.prefix(exchange.asked)
            waiting.removeAll { task in found.contains { $0.id == task.id } }
            succeed(answer(exchange, &machine, tasks: Array(found)).start, &machine)
            // No poll comes again.
            at = 6
        }
        #expect(waiting.isEmpty)
        machine.wake()
        let next = try send(&machine, at: 6)
        #expect(next.claim?.queues.map(\.low) == [[0, 49_000, 0]])
    }

    @Test("looks again at what lay below the mark of a claim that found nothing")
    func goneBack() throws {
        var machine = machine(slots: 1500)
        let many = { (first: Int64) in (0..<500).map { QueuedTask.made(in: "a", at: first + Int64($0)) } }
        answer(try send(&machine), &machine, tasks: many(50_000))
        let above = try send(&machine, at: 4)
        let fromTheStart = try send(&machine, at: 5)
        answer(fromTheStart, &machine, tasks: many(2_000))
        answer(above, &machine, tasks: [])
        let next = try send(&machine, at: 5)
        #expect(next.claim?.queues.map(\.low) == [[0, 1_499, 0]])
    }

    @Test("looks again when it was woken while a claim was on its way")
    func wokenMeanwhile() throws {
        var machine = machine()
        let exchange = try send(&machine)
        machine.wake()
        answer(exchange, &machine)
        let next = try send(&machine)
        #expect(next.asked == 4)
    }

    @Test("hands back what is claimed while it drains, and is done when that is written")
    func drains() throws {
        var machine = machine()
        let exchange = try send(&machine)
        machine.beginDrain()
        let consequences = answer(exchange, &machine, tasks: 2)
        #expect(consequences.start.isEmpty && !machine.isDone)
        let last = try send(&machine)
        #expect(last.endings.map(\.verb) == [.released, .released] && last.claim == nil)
        answer(last, &machine)
        #expect(machine.isDone)
    }

    @Test("sends ends again when their answer was lost, for as long as their leases last")
    func again() throws {
        var machine = machine()
        let claimed = try claim(1, &machine)
        let task = try #require(claimed.first)
        _ = machine.handlerEnded(task.held, .succeeded(), jitter: 0)
        let lost = QueueError(.outcomeUnknown, "lost")
        let first = try send(&machine)
        let events = machine.failed(first, lost, at: start, jitter: 1)
        let early = machine.nextExchange(at: start)
        #expect(events.count == 1 && early == nil, "not before the pause")
        let second = try send(&machine, at: 1)
        #expect(second.endings == first.endings)
        // A heartbeat that finds the task ended must not keep us from finding that it was us.
        let heard = HeartbeatAnswer(lease: task.held, verdict: .lost)
        _ = machine.heartbeatAnswered([heard], sent: start, at: start)
        _ = machine.failed(second, lost, at: start + .seconds(2), jitter: 1)
        let third = try send(&machine, at: 20)
        #expect(third.endings == first.endings)
        let gaveUp = machine.failed(third, lost, at: start + .seconds(31), jitter: 1)
        guard case .abandoned = gaveUp.last else { Issue.record("\(gaveUp)"); return }
        #expect(machine.held.isEmpty)
    }

    @Test(
        "sends each end alone after a refusal, records the refused one as a failure, and gives up on the second refusal"
    )
    func refused() throws {
        var machine = machine()
        let tasks = try claim(2, &machine)
        for task in tasks { _ = machine.handlerEnded(task.held, .succeeded(), jitter: 0) }
        let refusal = QueueError(.unexpected, "no")
        let both = try send(&machine)
        let first = machine.failed(both, refusal, at: start, jitter: 0)
        #expect(first.isEmpty)
        let (one, two) = (machine.nextExchange(at: start), machine.nextExchange(at: start))
        let (good, bad) = (try #require(one), try #require(two))
        #expect(good.endings.count == 1 && bad.endings.count == 1)
        let events = answer(good, &machine).events
        #expect(events.count == 1)
        let second = machine.failed(bad, refusal, at: start, jitter: 0)
        #expect(second.isEmpty)
        let recorded = try send(&machine)
        #expect(recorded.endings.map(\.failure?.code) == ["ending_refused"])
        let end = machine.failed(recorded, refusal, at: start, jitter: 0)
        guard case .abandoned = end.first else { Issue.record("\(end)"); return }
        let after = machine.nextExchange(at: start)
        #expect(machine.held.isEmpty && after == nil)
    }

    @Test("writes the other endings of a batch, one by one in one lane, while somebody holds the row of one locked")
    func lockedRow() throws {
        var machine = machine(slots: 6)
        let tasks = try claim(5, &machine)
        succeed(tasks, &machine)
        let batch = try send(&machine)
        let locked = QueueError(.contended, "locked")
        let events = machine.failed(batch, locked, at: start, jitter: 1)
        #expect(batch.endings.count == 5 && events.isEmpty, "without a pause, and nothing to tell yet")
        let vain = try send(&machine)
        #expect(vain.endings.map(\.lease) == [tasks[0].held] && vain.claim == nil)
        // Meanwhile the other lane is for what is new.
        machine.wake()
        let other = try send(&machine)
        #expect(other.endings.isEmpty && other.asked == 2)
        answer(other, &machine)
        let none = machine.nextExchange(at: start)
        #expect(none == nil)
        let told = machine.failed(vain, locked, at: start, jitter: 1)
        guard case .finishFailed = told.last else { Issue.record("\(told)"); return }
        for task in tasks[1...] {
            let next = try send(&machine)
            #expect(next.endings.map(\.lease) == [task.held])
            answer(next, &machine)
        }
        let early = machine.nextExchange(at: start)
        #expect(early == nil && machine.nextLook(after: start) == start + WorkerStateMachine.lockPause)
        let again = try send(&machine, at: 1)
        #expect(again.endings.map(\.lease) == [tasks[0].held])
        answer(again, &machine)
        #expect(machine.held.isEmpty && machine.occupied == ["a": 0])
    }

    @Test("keeps a batch as it is when its answer was lost, and its contact when it was told of a locked row")
    func lostOrLocked() throws {
        var machine = machine()
        let tasks = try claim(3, &machine)
        succeed(tasks, &machine)
        let batch = try send(&machine)
        _ = machine.failed(batch, QueueError(.outcomeUnknown, "lost"), at: start, jitter: 0)
        let again = try send(&machine, at: 1)
        #expect(again.endings == batch.endings)
        machine.contact.succeeded(at: start)
        _ = machine.failed(again, QueueError(.contended, "locked"), at: start, jitter: 0)
        #expect(machine.contact.hasLasted(.zero, at: start))
    }

    @Test("extends no lease of which only the ending waits once it was stopped, and gives it up with its lease")
    func stoppedEnding() throws {
        var machine = machine()
        let tasks = try claim(2, &machine)
        succeed([tasks[0]], &machine)
        machine.beginDrain()
        #expect(machine.heartbeatRequest(isStopping: true).leases.count == 2)
        _ = machine.stopAll()
        #expect(machine.heartbeatRequest(isStopping: true).leases.map(\.key) == [tasks[1].held])
        succeed([tasks[1]], &machine)
        let batch = try send(&machine)
        let locked = QueueError(.contended, "locked")
        _ = machine.failed(batch, locked, at: start + .seconds(31), jitter: 0)
        #expect(machine.isDone)
    }

    @Test("lets the leases of endings that were refused for good run out, and never hands them back")
    func abandoned() throws {
        var machine = machine()
        let lease = try #require(try claim(1, &machine).first).held
        _ = machine.handlerEnded(lease, .succeeded(), jitter: 0)
        for _ in 1...2 {
            let exchange = try send(&machine)
            _ = machine.failed(exchange, QueueError(.unexpected, "no"), at: start + .seconds(1), jitter: 0)
        }
        #expect(machine.held.isEmpty)
        // One that was sent before named it; the others report it, until it was rescued.
        _ = machine.heartbeatAnswered([], sent: start, at: start + .seconds(2))
        for second in 3...6 {
            let told = [HeartbeatAnswer(lease: lease, verdict: .unknown)]
            let at = start + .seconds(second)
            let heard = machine.heartbeatAnswered(told, sent: at, at: at)
            #expect(heard.handBack.isEmpty)
        }
        _ = machine.heartbeatAnswered([], sent: start + .seconds(7), at: start + .seconds(7))
        #expect(machine.abandoned.isEmpty)
    }

    @Test("has its leases watched anew when a new one, or its attempt, ends before those it held")
    func watched() throws {
        var machine = machine()
        let first = answer(try send(&machine), &machine, tasks: 1)
        #expect(first.endsUnwatched)
        _ = machine.tick(at: start)
        machine.wake()
        let second = try send(&machine, at: 1)
        // A heartbeat that was sent later is answered before.
        let heard = first.start.map { HeartbeatAnswer(lease: $0.held, verdict: .held) }
        _ = machine.heartbeatAnswered(heard, sent: start + .seconds(2), at: start + .seconds(2))
        _ = machine.tick(at: start + .seconds(2))
        let earlier = answer(second, &machine, tasks: 1)
        #expect(earlier.endsUnwatched)
        _ = machine.tick(at: start + .seconds(2))
        #expect(machine.watchedUntil == start + .seconds(26))
        machine.wake()
        let later = answer(try send(&machine, at: 3), &machine, tasks: 1)
        #expect(!later.endsUnwatched)
    }

    @Test("has its leases watched anew when the limit of a new attempt is nearer than any lease")
    func watchedLimit() throws {
        var options = WorkerOptions.test()
        options.attemptLimit = .seconds(10)
        var machine = WorkerStateMachine(options: options, kinds: ["work"])
        let first = answer(try send(&machine), &machine, tasks: 1).start
        _ = machine.tick(at: start)
        // Its attempt was stopped already, so its lease is what is watched.
        _ = machine.tick(at: start + .seconds(10))
        let heard = first.map { HeartbeatAnswer(lease: $0.held, verdict: .held) }
        _ = machine.heartbeatAnswered(heard, sent: start + .seconds(10), at: start + .seconds(10))
        _ = machine.tick(at: start + .seconds(10))
        #expect(machine.watchedUntil == start + .seconds(35))
        machine.wake()
        let next = answer(try send(&machine, at: 11), &machine, tasks: 1)
        #expect(next.endsUnwatched)
    }

    @Test("takes a refused sweep for an answer of the database, and a lost one for the end of its contact")
    func sweeps() {
        var machine = machine()
        machine.contact.succeeded(at: start)
        machine.sweepFailed(QueueError(.unexpected, "no"))
        machine.sweepFailed(QueueError(.contended, "locked"))
        #expect(machine.mayRescue(at: start + .seconds(30)))
        machine.sweepFailed(QueueError(.outcomeUnknown, "lost"))
        #expect(!machine.mayRescue(at: start + .seconds(30)))
    }

    @Test("claims nothing while its heartbeats are not answered")
    func heartless() throws {
        var machine = machine()
        machine.heartbeatFailed()
        let none163 = machine.nextExchange(at: start)
        #expect(none163 == nil)
        _ = machine.heartbeatAnswered([], sent: start, at: start)
        let next = try send(&machine)
        #expect(next.asked == 4)
    }

    @Test("hands back a lease it does not know only when no claim that is on its way can have brought it")
    func unknown() throws {
        var machine = machine()
        let ghost = HeldLease(task: UUID(), token: 7)
        let told = [HeartbeatAnswer(lease: ghost, verdict: .unknown)]
        let early = try send(&machine)
        let first = machine.heartbeatAnswered(told, sent: start, at: start + .seconds(1))
        let second = machine.heartbeatAnswered(told, sent: start, at: start + .seconds(2))
        #expect(first.handBack.isEmpty && second.handBack.isEmpty)
        answer(early, &machine)
        machine.wake()
        // A claim that was sent after we had heard of the lease cannot be where it comes from.
        _ = try send(&machine, at: 3)
        let third = machine.heartbeatAnswered(told, sent: start, at: start + .seconds(4))
        #expect(third.handBack == [ghost])
    }

    @Test("says that a lease is lost, and writes nothing, when its handler ends without it")
    func lostLease() throws {
        var machine = machine()
        let claimed = try claim(1, &machine)
        let task = try #require(claimed.first)
        let stopped = machine.tick(at: start + .seconds(29))
        #expect(stopped == [task.held])
        let event = machine.handlerEnded(task.held, .succeeded(), jitter: 0)
        guard case .leaseLost = event else { Issue.record("\(String(describing: event))"); return }
        #expect(machine.held.isEmpty && machine.occupied == ["a": 0])
    }

    @Test("gives each of many queues its turn when a batch cannot hold the slots of all")
    func manyQueues() throws {
        var machine = machine(slots: 400, queues: ["a", "b", "c"])
        let first = try send(&machine)
        #expect(first.claim?.queues.map(\.limit) == [400, 100])
        answer(first, &machine)
        machine.wake()
        let second = try send(&machine)
        #expect(second.claim?.queues.first?.name != first.claim?.queues.first?.name)
    }
}

extension WorkerEvent {
    fileprivate var endedStatus: String? {
        guard case .ended(_, let status, _) = self else { return nil }
        return status
    }
}

extension QueuedTask {
    fileprivate static func made(in queue: String, at position: Int64 = 1) -> QueuedTask {
        QueuedTask(
            id: UUID(),
            queue: queue,
            kind: "work",
            subjectID: UUID(),
            requestID: "req",
            payload: "{}",
            priority: 1,
            position: position,
            attempt: 1,
            maxAttempts: 5,
            lease: Lease(timeline: 1, token: .random(in: 1...Int64.max)),
            traceContext: nil
        )
    }
}
