import Logging
import Postgres
import TaskQueue

/// Says aloud, once each time it changes, how the worker learns of new tasks.
struct WakeUpLog: Sendable {
    let logger: Logger
    private let hasBeenPolling = Guarded(false)

    init(logger: Logger) {
        self.logger = logger
    }

    func observe(_ mode: WakeUps.Mode) {
        let wasPolling = hasBeenPolling.withLock { polling in
            defer { polling = mode != .listening }
            return polling
        }
        switch mode {
        case .listening where wasPolling:
            logger.notice("notifications arrive again")
        case .listening:
            logger.info("notifications arrive")
        case .polling(let reason):
            logger.warning(
                "polling only, a task may wait for one poll interval",
                metadata: ["reason": "\(text(reason))"]
            )
        }
    }

    private func text(_ reason: WakeUps.Reason) -> String {
        switch reason {
        case .notConnected: "no connection to listen on can be had"
        case .unheard: "a notification of its own did not arrive; it may be listening to another server"
        case .pooler: "a pooler in transaction mode delivers no notifications"
        case .tooManyWorkers(let count): "\(count) workers live, more than worker.listen_limit"
        }
    }
}
