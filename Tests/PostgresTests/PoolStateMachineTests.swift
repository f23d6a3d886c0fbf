import Testing

@testable import Postgres

@Suite("The state machine of a pool")
struct PoolStateMachineTests {
    private typealias Machine = PoolStateMachine<Int, String>

    private let start = ContinuousClock.now
    private let failure = PostgresError(.connectionFailed, "refused", retry: .safe)

    private func machine(resources: Int = 2, waiters: Int = 3) -> Machine {
        Machine(maximumResources: resources, maximumWaiters: waiters, acquireTimeout: .seconds(5))
    }

    /// The actions in words: the delay of a backoff is random, and an error is told by its code.
    private func words(_ actions: [Machine.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .lease(let resource, let waiter): "lease \(resource) to \(waiter)"
            case .fail(let waiter, let error): "fail \(waiter): \(error.code)"
            case .discard(let resource): "discard \(resource)"
            case .connect: "connect"
            case .expireWaiters: "expire"
            case .endBackoff: "back off"
            }
        }
    }

    @Test("connects once for each waiter, within its maximum, and serves them in order")
    func connects() {
        var machine = machine()
        #expect(words(machine.enqueue("a", now: start).actions) == ["expire", "connect"])
        #expect(words(machine.enqueue("b", now: start).actions) == ["connect"])
        #expect(words(machine.enqueue("c", now: start).actions) == [])
        #expect(words(machine.connected(1)) == ["lease 1 to a"])
        #expect(words(machine.connected(2)) == ["lease 2 to b"])
        #expect(words(machine.release(1, isReusable: true)) == ["lease 1 to c"])
        #expect(words(machine.release(2, isReusable: true)) == [])
        #expect(machine.takeIdle() == 2)
        #expect(machine.takeIdle() == nil)
    }

    @Test("replaces a resource that came back broken, if somebody waits")
    func replaces() {
        var machine = machine(resources: 1)
        _ = machine.enqueue("a", now: start)
        _ = machine.connected(1)
        _ = machine.enqueue("b", now: start)
        #expect(words(machine.release(1, isReusable: false)) == ["discard 1", "connect"])
        #expect(words(machine.connected(2)) == ["lease 2 to b"])
        #expect(words(machine.release(2, isReusable: false)) == ["discard 2"])
        #expect(words(machine.enqueue("c", now: start).actions) == ["connect"])
    }

    @Test("refuses more waiters than it may have; one who leaves makes room")
    func bounds() {
        var machine = machine(resources: 1, waiters: 2)
        let first = machine.enqueue("a", now: start).number
        _ = machine.enqueue("b", now: start)
        let refused = machine.enqueue("c", now: start)
        #expect(refused.number == nil && words(refused.actions) == ["fail c: poolExhausted"])
        #expect(words(machine.cancel(first ?? -1)) == ["fail a: cancelled"])
        #expect(words(machine.cancel(first ?? -1)) == [])
        #expect(machine.enqueue("d", now: start).number != nil)
        #expect(words(machine.connected(1)) == ["lease 1 to b"])
    }

    @Test("fails waiters at their deadline, not before, and says why")
    func deadlines() {
        var machine = machine(resources: 1)
        _ = machine.enqueue("a", now: start)
        _ = machine.connected(1)
        _ = machine.enqueue("b", now: start + .seconds(1))
        _ = machine.enqueue("c", now: start + .seconds(2))
        #expect(words(machine.waitersExpired(now: start + .seconds(5))) == ["expire"])
        #expect(words(machine.waitersExpired(now: start + .seconds(6))) == ["fail b: poolExhausted", "expire"])
        #expect(words(machine.waitersExpired(now: start + .seconds(7))) == ["fail c: poolExhausted"])
    }

    @Test("makes one attempt at a time after a failure, with pauses, and tells waiters the cause at their deadline")
    func backsOff() {
        var machine = machine()
        _ = machine.enqueue("a", now: start)
        _ = machine.enqueue("b", now: start)
        #expect(words(machine.connectFailed(failure)) == ["back off"])
        #expect(words(machine.connectFailed(failure)) == [])
        #expect(words(machine.enqueue("c", now: start).actions) == [])
        #expect(words(machine.backoffEnded()) == ["connect"])
        #expect(words(machine.connectFailed(failure)) == ["back off"])
        let expired = words(machine.waitersExpired(now: start + .seconds(5)))
        #expect(expired == ["a", "b", "c"].map { "fail \($0): connectionFailed" })
        #expect(words(machine.backoffEnded()) == [])
        _ = machine.enqueue("d", now: start)
        _ = machine.enqueue("e", now: start)
        #expect(words(machine.connected(1)) == ["lease 1 to d", "connect"])
    }

    @Test("drains: refuses the new, lets leases end, and is drained when the last came back")
    func drains() {
        var machine = machine(resources: 1)
        _ = machine.enqueue("a", now: start)
        _ = machine.connected(1)
        _ = machine.enqueue("b", now: start)
        #expect(words(machine.close()) == ["fail b: closed"])
        #expect(words(machine.enqueue("c", now: start).actions) == ["fail c: closed"])
        #expect(!machine.isDrained)
        #expect(words(machine.release(1, isReusable: true)) == [])
        #expect(machine.isDrained && machine.takeIdle() == nil)
        #expect(machine.takeAllIdle() == [1])
    }
}
