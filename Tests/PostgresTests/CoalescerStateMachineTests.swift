import Testing

@testable import Postgres

@Suite("The line of a coalescer")
struct CoalescerStateMachineTests {
    private func machine(lanes: Int = 2, batchLimit: Int = 10, waiterLimit: Int = 100) -> CoalescerStateMachine<String>
    {
        CoalescerStateMachine(lanes: lanes, batchLimit: batchLimit, waiterLimit: waiterLimit)
    }

    @Test("starts one lane for all who come before it is at work")
    func startsOnce() {
        var line = machine()
        #expect(line.enqueue("a", number: 1) == true)
        #expect(line.startsLane() == true)
        #expect(line.enqueue("b", number: 2) == true)
        #expect(line.startsLane() == false)
        #expect(line.nextBatch(isFirst: true) == ["a", "b"])
    }

    @Test("starts a further lane for those whom the first one left, up to the number of lanes")
    func furtherLane() {
        var line = machine(lanes: 2, batchLimit: 1)
        for name in ["a", "b", "c"] { _ = line.enqueue(name, number: 1) }
        #expect(line.startsLane() == true)
        #expect(line.nextBatch(isFirst: true) == ["a"])
        #expect(line.startsLane() == true)
        #expect(line.nextBatch(isFirst: true) == ["b"])
        #expect(line.startsLane() == false)
        #expect(line.nextBatch(isFirst: false) == ["c"])
    }

    @Test("starts a lane again after the last one ended")
    func restarts() {
        var line = machine(lanes: 1)
        for _ in 1...3 {
            _ = line.enqueue("a", number: 1)
            #expect(line.startsLane() == true)
            #expect(line.nextBatch(isFirst: true) == ["a"])
            #expect(line.startsLane() == false)
            #expect(line.nextBatch(isFirst: false) == [])
        }
    }

    @Test("starts nothing when nobody waits")
    func nobody() {
        var line = machine()
        #expect(line.startsLane() == false)
        #expect(line.enqueue("a", number: 1) == true)
        #expect(line.leave(1) == "a")
        #expect(line.startsLane() == false)
    }

    @Test("gives everybody another number")
    func numbers() {
        var line = machine()
        let numbers = (1...100).map { _ in line.drawNumber() }
        #expect(Set(numbers).count == 100)
    }

    @Test("gives up a caller once: to the one who leaves or to a lane")
    func leaving() {
        var line = machine()
        #expect(line.enqueue("a", number: 1) == true)
        #expect(line.enqueue("b", number: 2) == true)
        #expect(line.leave(1) == "a")
        #expect(line.leave(1) == nil)
        #expect(line.startsLane() == true)
        #expect(line.nextBatch(isFirst: true) == ["b"])
        #expect(line.leave(2) == nil)
    }

    @Test("takes nobody beyond its bound, and somebody again when there is room")
    func bound() {
        var line = machine(waiterLimit: 2)
        #expect(line.enqueue("a", number: 1) == true)
        #expect(line.enqueue("b", number: 2) == true)
        #expect(line.enqueue("c", number: 3) == false)
        #expect(line.startsLane() == true)
        #expect(line.nextBatch(isFirst: true) == ["a", "b"])
        #expect(line.enqueue("c", number: 3) == true)
    }
}
