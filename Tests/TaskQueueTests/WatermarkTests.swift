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
        mark.claimed([task(position: 5000, priority: 1), task(position: 7000, priority: 1)])
        mark.claimed([task(position: 3000, priority: 2)])
        #expect(mark.low == [0, 6000, 2000])
    }

    @Test("never goes back, and never below the start")
    func monotonic() {
        var mark = Watermark()
        mark.claimed([task(position: 10, priority: 0)])
        #expect(mark.low == [0, 0, 0])
        mark.claimed([task(position: 5000, priority: 0)])
        mark.claimed([task(position: 2000, priority: 0)])
        #expect(mark.low == [4000, 0, 0])
    }

    @Test("ignores a class that this build does not know")
    func unknownClass() {
        var mark = Watermark()
        mark.claimed([task(position: 5000, priority: 3)])
        #expect(mark.low == [0, 0, 0])
    }
}
