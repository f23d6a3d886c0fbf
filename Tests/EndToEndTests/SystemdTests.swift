import Foundation
import TestSupport
import Testing

@Suite("Under systemd", .migratedDatabase)
struct SystemdTests {
    @Test(
        "API and worker say when they are ready, feed the watchdog, and say that they stop",
        arguments: [true, false]
    )
    func notifies(isWorker: Bool) async throws {
        try await Fleet.run { fleet in
            let systemd = try NotifyReceiver(name: "@reprieve-\(UUID().uuidString)")
            let environment = ["NOTIFY_SOCKET": systemd.name, "WATCHDOG_USEC": "200000"]
            let process =
                isWorker
                ? try fleet.startWorker(environment: environment)
                : try await fleet.startAPI(environment: environment).process
            var heard = ""
            while !(heard.contains("READY=1") && heard.contains("STATUS=") && heard.contains("WATCHDOG=1")) {
                heard += try await systemd.next() + "\n"
            }
            process.send(SIGTERM)
            #expect(try await process.ended() == 0)
            #expect(systemd.all().joined(separator: "\n").contains("STOPPING=1"))
        }
    }
}
