import Foundation
package import Logging
import Postgres
import ServiceLifecycle

/// Tells processes whose clients wait for tasks what this worker has done, after the commits and coalesced.
///
/// The first news after a rest go out at once; all workers together send some 20 notifications a second in the long run,
/// and five more each in a burst. What happens meanwhile goes with the next one, and the last is never put off for ever.
package final class TaskNews: Service, Sendable {
    /// Those who wait look by themselves, so that more than this is not worth its keeping while the database is away.
    private static let most = 20_000
    private static let endings: Set = ["succeeded", "failed", "cancelled"]
    private static let interval = Duration.milliseconds(50)

    private let queue: TaskQueue
    private let logger: Logger
    private let pending = PendingNames<TaskChange>()

    /// Tells through `queue`; it runs as a service.
    package init(queue: TaskQueue, logger: Logger) {
        self.queue = queue
        self.logger = logger
    }

    /// Takes what happens in a worker. It never blocks.
    package func observe(_ event: WorkerEvent) {
        switch event {
        case .started(let task): take(task.id)
        case .ended(let task, let status, _): take(task.id, hasEnded: Self.endings.contains(status))
        case .progressed(let tasks): tasks.forEach { take($0) }
        default: break
        }
    }

    private func take(_ task: UUID, hasEnded: Bool = false) {
        pending.insert(TaskChange(task: task, hasEnded: hasEnded), ifFewerThan: Self.most)
    }

    /// Tells until shutdown.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            var limiter = WakeUpLimiter(interval: Self.interval, burst: 5)
            while await self.pending.wait() {
                let turn = limiter.take(at: .now)
                // Cut short only by shutdown.
                if turn > .now { try? await Task.sleep(until: turn, clock: .continuous) }
                limiter.interval = Self.interval * max(1, await self.sendPending())
            }
        }
        _ = await sendPending()
    }

    /// - Returns: how many workers share the database's patience.
    private func sendPending() async -> Int {
        let news = pending.takeAll()
        guard !news.isEmpty else { return 1 }
        do {
            return try await queue.tell(Array(news))
        } catch {
            // Interrupted by shutdown, which sends once more what is left.
            if Task.isCancelled { news.forEach { pending.insert($0) } }
            logger.info("news of tasks were not sent", metadata: ["error.message": "\(error)"])
            return 1
        }
    }
}
