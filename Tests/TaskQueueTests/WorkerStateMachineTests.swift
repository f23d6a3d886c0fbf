import Foundation
import Postgres
import Testing

@testable import TaskQueue

@Suite("What a worker decides")
struct WorkerStateMachineTests: StateMachineTests {
    let start = ContinuousClock.now

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
