import Foundation
import Logging

/// A thread that owns a ``Session`` and runs jobs on it, one after another.
///
/// libpq blocks, so it never runs on Swift's cooperative pool. A thread for each connection, fed through a locked
/// queue, is as fast as waiting for many sockets at once, and much simpler.
final class SessionThread: Sendable {
    typealias Job = @Sendable (Session) -> Void

    private struct Queue {
        var jobs: [Job] = []
        var isStopping = false
    }

    private let queue = Guarded(Queue())

    /// Starts the thread. It ends after ``stop()``, when the jobs before it are done.
    init(name: String, logger: Logger) {
        let thread = Thread { [queue] in
            let session = Session(logger: logger)
            while let job = Self.nextJob(queue) { job(session) }
            session.close()
        }
        thread.name = name
        thread.start()
    }

    /// Appends a job.
    /// - Returns: false when the thread is stopping: the job will not run.
    func submit(_ job: @escaping Job) -> Bool {
        let accepted = queue.withLock { queue in
            if !queue.isStopping { queue.jobs.append(job) }
            return !queue.isStopping
        }
        queue.signal()
        return accepted
    }

    /// Lets the thread finish what was submitted, close its session and end. It may be called twice.
    func stop() {
        queue.withLock { $0.isStopping = true }
        queue.signal()
    }

    /// Blocks until there is a job; nil when the thread has to end.
    private static func nextJob(_ queue: Guarded<Queue>) -> Job? {
        queue.waitForValue { queue -> Job?? in
            if queue.jobs.isEmpty { return queue.isStopping ? .some(nil) : .none }
            return queue.jobs.removeFirst()
        }
    }
}
