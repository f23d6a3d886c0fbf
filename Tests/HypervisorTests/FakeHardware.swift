import Foundation
import Hypervisor
import TestSupport

/// A host of files in a folder of its own, which goes away with the last reference to it.
final class FakeHardware: HypervisorConformanceEnvironment {
    let directory = NSTemporaryDirectory() + "reprieve-fake-\(UUID().uuidString)"
    let host = "compute-01"

    deinit {
        guard FileManager.default.fileExists(atPath: directory) else { return }
        do {
            try FileManager.default.removeItem(atPath: directory)
        } catch {
            print("the folder \(directory) of a test stays: \(error)")
        }
    }

    /// Another process's view of the host.
    func open(lockPatience: Duration = .seconds(30)) throws -> FakeHypervisor {
        try FakeHypervisor(directory: directory, host: host, lockPatience: lockPatience)
    }

    func makeDriver() async throws -> any HypervisorDriver { try open() }

    func makeServer() async throws -> UUID {
        let server = UUID()
        try await open().define(server, name: "test")
        return server
    }

    func journalPath(of server: UUID) -> String {
        "\(directory)/\(host)/\(server.uuidString.lowercased()).journal"
    }

    /// Reads the file as a checker would that knows nothing but its format.
    func realPowerState(of server: UUID) async throws -> PowerState? {
        let path = journalPath(of: server)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        guard let last = text.split(separator: "\n").last else { return nil }
        let line = try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any]
        guard line?["defined"] as? Bool == true else { return nil }
        return (line?["power_state"] as? Int).flatMap(PowerState.init(rawValue:))
    }
}

/// A fence of the first timeline.
func fence(_ token: Int64) -> Fence { Fence(timeline: 1, token: token) }
