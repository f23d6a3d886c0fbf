import Foundation
import Testing

@testable import TaskQueue

@Suite("A watermark")
struct WatermarkTests {
    private func task(position: Int64, priority: Int) -> QueuedTask {
        QueuedTask(
            id: UUID(),
            queue: "a",
            kind: "work",
            subjectID: UUID(),
            requestID: "request",
            payload: "{}",
            priority: priority,
            position: position,
            attempt: 1,
            maxAttempts: 5,
            lease: QueuedTask.Lease(timeline: 1, token: 1),
            traceContext: nil
        )
    }

    @Test("begins at the start of each priority class")
    func start() {
        #expect(Watermark().low == [0, 0, 0])
    }

    @Test("follows the highest claimed position of its class, 1000 behind it")
    func follows() {
        var mark = Watermark()
        let tasks = [task(position: 5000, priority: 1), task(position: 7000, priority: 1)]
        mark.learn(tasks, from: mark.low, rest: .later)
        mark.learn([task(position: 3000, priority: 2)], from: mark.low, rest: .none)
        #expect(mark.low == [0, 6000, 2000])
    }

    @Test("never goes below the start")
    func neverBelowStart() {
        var mark = Watermark()
        mark.learn([task(position: 10, priority: 0)], from: mark.low, rest: .later)
        #expect(mark.low == [0, 0, 0])
    }

    @Test("stays where it is when a look from the start took all that was below it")
    func stays() {
        var mark = Watermark()
        mark.learn([task(position: 9000, priority: 0)], from: mark.low, rest: .later)
        mark.learn([task(position: 3000, priority: 0)], from: Watermark.start, rest: .none)
        #expect(mark.low == [8000, 0, 0])
        // What a look from the start found above it says that nothing is left below.
        let both = [task(position: 3000, priority: 0), task(position: 9500, priority: 0)]
        mark.learn(both, from: Watermark.start, rest: .later)
        #expect(mark.low == [8500, 0, 0])
    }

    @Test("goes back to what a look from the start could not finish, and returns when nothing is left there")
    func goesBack() {
        var mark = Watermark()
        mark.learn([task(position: 9000, priority: 0)], from: mark.low, rest: .later)
        mark.learn([task(position: 3000, priority: 0)], from: Watermark.start, rest: .later)
        #expect(mark.low == [2000, 0, 0])
        mark.learn([task(position: 4000, priority: 0)], from: mark.low, rest: .later)
        #expect(mark.low == [3000, 0, 0])
        mark.learn([], from: mark.low, rest: .none)
        #expect(mark.low == [8000, 0, 0])
    }

    @Test("that went back hears nothing from a look that began above it")
    func above() {
        var mark = Watermark()
        mark.learn([task(position: 9000, priority: 0)], from: mark.low, rest: .later)
        let before = mark.low
        mark.learn([task(position: 3000, priority: 0)], from: Watermark.start, rest: .later)
        #expect(!mark.isCovered(by: before))
        mark.learn([task(position: 9900, priority: 0)], from: before, rest: .none)
        #expect(mark.low == [2000, 0, 0])
    }

    @Test("ignores a class that this build does not know")
    func unknownClass() {
        var mark = Watermark()
        mark.learn([task(position: 5000, priority: 3)], from: mark.low, rest: .later)
        #expect(mark.low == [0, 0, 0])
    }
}
