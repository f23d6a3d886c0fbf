package import Logging
import ServiceLifecycle

/// Wakes workers after commits, coalesced: at most one wake-up is on its way, and the last one is never lost.
///
/// The first wake-up after a rest goes out at once. One notifier sends at most 50 a second in the long run, and ten more
/// in a burst; queues named meanwhile go with the next one.
package final class TaskNotifier: Service, Sendable {
    private let queue: TaskQueue
    private let logger: Logger
    private let limiter: WakeUpLimiter
    private let pending = PendingNames<String>()

    /// Wakes through `queue`; it runs as a service.
    package convenience init(queue: TaskQueue, logger: Logger) {
        self.init(queue: queue, logger: logger, limiter: WakeUpLimiter())
    }

    init(queue: TaskQueue, logger: Logger, limiter: WakeUpLimiter) {
        self.queue = queue
        self.logger = logger
        self.limiter = limiter
    }

    /// Wakes the workers of a queue soon. Never blocks, never fails: the workers' poll is the truth.
    package func notify(_ name: String) {
        pending.insert(name)
    }

    /// Sends wake-ups until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var limiter = self.limiter
            while await self.pending.wait() {
                let turn = limiter.take(at: .now)
                // Cut short only by shutdown.
                if turn > .now { try? await Task.sleep(until: turn, clock: .continuous) }
                await self.sendPending()
            }
        }
        await sendPending()
    }

    private func sendPending() async {
        let names = pending.takeAll()
        guard !names.isEmpty else { return }
        do {
            try await queue.wake(names)
        } catch {
            // Interrupted by shutdown, which sends once more what is left.
            if Task.isCancelled { names.forEach { pending.insert($0) } }
            logger.info("wake-up was not sent", metadata: ["error.message": "\(error)"])
        }
    }
}
