import NIOCore

/// Runs tasks on an event loop.
///
/// What a request waits for ends on its event loop: a part of its body that came, an answer that was written. On
/// Swift's own threads each of these waits would cost a switch to another thread, and back for the next one; these
/// switches were the largest part of what a request cost.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    /// - Parameter eventLoop: must run for as long as there are tasks.
    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
