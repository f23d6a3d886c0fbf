import Foundation
import Postgres
import Testing

@testable import TaskQueue

@Suite("What a worker does with its endings")
struct WorkerEndingTests: StateMachineTests {
    let start = ContinuousClock.now

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

    @Test("asks for another look, after a pause, where a task was called off and nobody could see what it has done")
    func unseen() throws {
        var machine = machine()
        let tasks = try claim(2, &machine)
        let calledOff = HeartbeatAnswer(lease: tasks[0].held, verdict: .cancel)
        _ = machine.heartbeatAnswered([calledOff], sent: start, at: start)
        for task in tasks { _ = machine.handlerEnded(task.held, .unseen(.transient("away")), jitter: 0) }
        let pause = machine.options.retryPolicy.cap / 2
        #expect(try send(&machine).endings.map(\.verb) == [.unseen(for: pause), .unseen(for: pause)])

        var stopping = self.machine()
        let task = try claim(1, &stopping)[0]
        _ = stopping.stopAll()
        _ = stopping.handlerEnded(task.held, .unseen(.transient("away")), jitter: 0)
        #expect(try send(&stopping).endings.map(\.verb) == [.released])
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

    @Test("extends no lease of a handler that was told to stop and does not, from one grace on")
    func stuckHandler() throws {
        var machine = machine()
        let tasks = try claim(2, &machine)
        let grace = machine.options.shutdownGrace
        _ = machine.heartbeatAnswered(
            [HeartbeatAnswer(lease: tasks[0].held, verdict: .cancel), .init(lease: tasks[1].held, verdict: .held)],
            sent: start,
            at: start
        )
        #expect(machine.giveUpStuck(at: start).isEmpty)
        #expect(machine.giveUpStuck(at: start + grace - .milliseconds(1)).isEmpty)
        #expect(machine.heartbeatRequest(isStopping: false).leases.count == 2)
        #expect(machine.giveUpStuck(at: start + grace) == [tasks[0]])
        #expect(machine.heartbeatRequest(isStopping: false).leases.map(\.key) == [tasks[1].held])
        #expect(machine.giveUpStuck(at: start + grace + grace).isEmpty)
        // What it says in the end is written, if that is in time.
        succeed([tasks[0]], &machine)
        #expect(try send(&machine).endings.map(\.lease) == [tasks[0].held])
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
}
