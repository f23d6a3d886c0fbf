import Foundation
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

@testable import Telemetry

@Suite("Notifying systemd")
struct SystemdNotifierTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func notifier(
        _ environment: [String: String],
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        isAlive: @escaping @Sendable () async -> Bool = { true }
    ) -> SystemdNotifier {
        SystemdNotifier(environment: environment, logger: logger, isAlive: isAlive)
    }

    /// A logger that counts what it is told.
    private func counting(_ count: Counter) -> Logger {
        Logger(label: "test") { label in LogfmtHandler(label: label, level: .info) { _, _ in count.add() } }
    }

    @Test("reaches a socket by its path and by an abstract name", arguments: [false, true])
    func names(isAbstract: Bool) async throws {
        let name = isAbstract ? "@reprieve-\(UUID().uuidString)" : "\(folder.path)/notify"
        let receiver = try NotifyReceiver(name: name)
        let notifier = notifier(["NOTIFY_SOCKET": name])
        notifier.ready(status: "serving\ncompute-07")
        notifier.status("draining 3 tasks")
        #expect(try await receiver.next() == "READY=1\nSTATUS=serving compute-07")
        #expect(try await receiver.next() == "STATUS=draining 3 tasks")
    }

    @Test("counts the zero byte behind a path, and none behind an abstract name")
    func addresses() {
        #expect(NotifySocket.address("/run/notify")?.length == socklen_t(2 + 11 + 1))
        #expect(NotifySocket.address("@notify")?.length == socklen_t(2 + 7))
        #expect(NotifySocket.address("/" + String(repeating: "x", count: 106))?.length == socklen_t(2 + 107 + 1))
        #expect(NotifySocket.address("/" + String(repeating: "x", count: 107)) == nil)
    }

    @Test("feeds the watchdog again and again while the process is alive, and says that it stops")
    func watchdog() async throws {
        let receiver = try NotifyReceiver(name: "\(folder.path)/notify")
        let notifier = notifier(["NOTIFY_SOCKET": receiver.name, "WATCHDOG_USEC": "2000"])
        let running = Task { await notifier.run() }
        for _ in 0..<3 { #expect(try await receiver.next() == "WATCHDOG=1") }
        running.cancel()
        await running.value
        #expect(receiver.all().last == "STOPPING=1")
    }

    @Test("starves the watchdog while the process is not alive, and says so once")
    func notAlive() async throws {
        let receiver = try NotifyReceiver(name: "\(folder.path)/notify")
        let (asked, logged) = (Counter(), Counter())
        let (questions, question) = AsyncStream<Void>.makeStream()
        let notifier = notifier(
            ["NOTIFY_SOCKET": receiver.name, "WATCHDOG_USEC": "2000"],
            logger: counting(logged),
            isAlive: {
                asked.add()
                question.yield()
                return false
            }
        )
        let running = Task { await notifier.run() }
        for await _ in questions where asked.value >= 3 { break }
        running.cancel()
        await running.value
        #expect(receiver.all() == ["STOPPING=1"])
        #expect(logged.value == 1)
    }

    @Test("stops with its service group, and says so once")
    func serviceGroup() async throws {
        let receiver = try NotifyReceiver(name: "\(folder.path)/notify")
        let notifier = notifier(["NOTIFY_SOCKET": receiver.name, "WATCHDOG_USEC": "2000"])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let group = ServiceGroup(services: [notifier], logger: logger)
        async let running: Void = group.run()
        #expect(try await receiver.next() == "WATCHDOG=1")
        notifier.stopping()
        await group.triggerGracefulShutdown()
        try await running
        #expect(receiver.all().count { $0 == "STOPPING=1" } == 1)
    }

    @Test(
        "logs a socket that does not work once",
        arguments: ["/nowhere/notify", "vsock:2:1", "", "/" + String(repeating: "x", count: 200)]
    )
    func brokenSocket(_ name: String) {
        let logged = Counter()
        let notifier = notifier(["NOTIFY_SOCKET": name], logger: counting(logged))
        notifier.ready(status: "a")
        notifier.status("b")
        #expect(logged.value == 1)
    }

    @Test("does nothing where systemd did not start the process")
    func noSocket() async {
        let logged = Counter()
        let notifier = notifier([:], logger: counting(logged))
        notifier.ready(status: "a")
        let running = Task { await notifier.run() }
        running.cancel()
        await running.value
        #expect(logged.value == 0)
    }

    @Test("takes half of the watchdog's time, and none that is another process's")
    func interval() {
        #expect(SystemdNotifier.watchdogInterval(["WATCHDOG_USEC": "30000000"]) == .seconds(15))
        let mine = ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"]
        #expect(SystemdNotifier.watchdogInterval(mine) == .seconds(15))
        #expect(SystemdNotifier.watchdogInterval(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"]) == nil)
        #expect(SystemdNotifier.watchdogInterval(["WATCHDOG_USEC": "0"]) == nil)
        #expect(SystemdNotifier.watchdogInterval([:]) == nil)
    }
}

/// Counts across threads.
final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .relaxed) }

    func add() { count.add(1, ordering: .relaxed) }
}
