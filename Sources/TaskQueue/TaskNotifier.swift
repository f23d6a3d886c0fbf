package import Logging
import ServiceLifecycle

/// Wakes workers after commits, coalesced: at most one wake-up is on its way, and the last one is never lost.
///
/// A database serves at most 50 wake-ups a second from one notifier; queues named meanwhile go with the next one.
package final class TaskNotifier: Service, Sendable {
    private let queue: TaskQueue
    private let logger: Logger
    private let pending = PendingQueues()
    private static let leastPause = Duration.milliseconds(20)

    package init(queue: TaskQueue, logger: Logger) {
        self.queue = queue
        self.logger = logger
    }

    /// Wakes the workers of a queue soon. Never blocks, never fails: the workers' poll is the truth.
    package func notify(_ name: String) {
        pending.insert(name)
    }

    /// Sends wake-ups until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.pending.wait()
                await self.sendPending()
                // Cut short only by shutdown.
                try? await Task.sleep(for: Self.leastPause)
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
            logger.info("wake-up was not sent", metadata: ["error.message": "\(error)"])
        }
    }
}
