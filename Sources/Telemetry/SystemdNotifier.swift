import Foundation
package import Logging
import ServiceLifecycle
import Synchronization

/// Tells systemd how the process is: that it is ready, what it is doing, that it is alive, that it is stopping.
///
/// Without `NOTIFY_SOCKET` in the environment every method does nothing. Notifying never blocks and never throws: a
/// socket that does not work is logged once, and systemd's own timeouts do the rest.
///
/// Put it *first* into the `ServiceGroup`: the first is the last to be stopped, so the watchdog is fed while the others
/// drain. The main says when the process is ready, since only the main knows.
package final class SystemdNotifier: Service {
    private let socket: NotifySocket?
    private let watchdogInterval: Duration?
    private let logger: Logger
    private let isAlive: @Sendable () async -> Bool
    private let hasFailed = Atomic(false)
    private let isStopping = Atomic(false)

    /// Makes a notifier out of what systemd left in the environment.
    /// - Parameters:
    ///   - environment: `NOTIFY_SOCKET`, `WATCHDOG_USEC` and `WATCHDOG_PID` are read.
    ///   - logger: told once of a socket that does not work, and of each time the process stops being alive.
    ///   - isAlive: asked every half of the watchdog's time; when it says no, or does not answer, the watchdog is not
    ///     fed, and systemd restarts the process.
    package init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        logger: Logger,
        isAlive: @escaping @Sendable () async -> Bool
    ) {
        self.socket = environment["NOTIFY_SOCKET"].map(NotifySocket.init(name:))
        self.watchdogInterval = Self.watchdogInterval(environment)
        self.logger = logger
        self.isAlive = isAlive
    }

    /// Says that the process does its work now, and what in one line of text; systemd starts what waits for it.
    package func ready(status: String) {
        send("READY=1\nSTATUS=\(status.oneLine)")
    }

    /// Says in one line of text what the process is doing; `systemctl status` shows it.
    package func status(_ status: String) {
        send("STATUS=\(status.oneLine)")
    }

    /// Says that the process has begun to stop. The first call counts, and ``run()`` makes one when it ends.
    package func stopping() {
        guard !isStopping.exchange(true, ordering: .relaxed) else { return }
        send("STOPPING=1")
    }

    /// Feeds the watchdog until the process is told to stop.
    package func run() async {
        if let watchdogInterval {
            await cancelWhenGracefulShutdown { await self.feedWatchdog(every: watchdogInterval) }
        } else {
            await cancelWhenGracefulShutdown { await Self.sleep(for: nil) }
        }
        stopping()
    }

    private func feedWatchdog(every interval: Duration) async {
        var wasAlive = true
        while !Task.isCancelled {
            let isAlive = await isAlive()
            if isAlive {
                send("WATCHDOG=1")
            } else if wasAlive {
                logger.info("not alive, so the watchdog is not fed")
            }
            wasAlive = isAlive
            await Self.sleep(for: interval)
        }
    }

    /// Sleeps until the time is over or the task is cancelled, whichever is first; nil is for ever.
    private static func sleep(for duration: Duration?) async {
        do {
            try await Task.sleep(for: duration ?? .seconds(Int64(Int32.max)))
        } catch {
            // Cancelled: the caller looks.
        }
    }

    private func send(_ message: String) {
        guard let socket, let failure = socket.send(message) else { return }
        guard !hasFailed.exchange(true, ordering: .relaxed) else { return }
        logger.info("systemd cannot be notified", metadata: [LogKey.errorMessage: "\(failure)"])
    }

    /// Half of the time after which systemd would act, or nil when it does not watch this process.
    static func watchdogInterval(_ environment: [String: String]) -> Duration? {
        guard let microseconds = environment["WATCHDOG_USEC"].flatMap({ Int64($0) }), microseconds > 0 else {
            return nil
        }
        if let process = environment["WATCHDOG_PID"], process != "\(getpid())" { return nil }
        return .microseconds(microseconds) / 2
    }
}
