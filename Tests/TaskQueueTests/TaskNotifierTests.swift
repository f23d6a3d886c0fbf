import Postgres
import ServiceLifecycle
import TestSupport
import Testing

@testable import TaskQueue

@Suite("A notifier", .migratedDatabase)
struct TaskNotifierTests {
    /// Runs a notifier in a service group while a listener collects what it hears.
    private static func withNotifier(
        _ body: (TaskNotifier, ServiceGroup, Guarded<[String]>) async throws -> Void
    ) async throws {
        let database = TestDatabase.current
        try await database.withPayloads(on: Worker.channel) { heard in
            try await database.withQueue { fixture in
                let notifier = TaskNotifier(queue: fixture.queue, logger: TestDatabase.logger)
                let services = ServiceGroup(configuration: .init(services: [notifier], logger: TestDatabase.logger))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await services.run() }
                    try await body(notifier, services, heard)
                    await services.triggerGracefulShutdown()
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("gathers wake-ups into at most fifty a second after a burst, and never loses the last")
    func gathers() async throws {
        try await Self.withNotifier { notifier, _, heard in
            let began = ContinuousClock.now
            try await waitUntil("half a second is over") {
                notifier.notify("host-1")
                return ContinuousClock.now - began > .milliseconds(500)
            }
            notifier.notify("last")
            try await waitUntil("the last one is heard") { heard.withLock { $0.contains("last") } }
            let elapsed = ContinuousClock.now - began
            let count = heard.withLock { heard in heard.count { $0 == "host-1" } }
            #expect(count >= 2 && Double(count) <= elapsed / .milliseconds(20) + 11)
        }
    }

    @Test("sends at shutdown what is still to be sent")
    func shutdown() async throws {
        try await Self.withNotifier { notifier, services, heard in
            // More than a burst, so that the others come during a pause.
            for number in 1...15 {
                notifier.notify("first-\(number)")
                try await waitUntil("it is heard") { heard.withLock { $0.contains("first-\(number)") } }
            }
            let names = (0..<50).map { "host-\($0)" }
            names.forEach(notifier.notify)
            await services.triggerGracefulShutdown()
            try await waitUntil("all are heard") { Set(names).isSubset(of: heard.withLock { $0 }) }
        }
    }
}
