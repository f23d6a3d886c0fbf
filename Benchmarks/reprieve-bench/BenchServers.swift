import Crypto
import Foundation

/// The names of the benchmark's servers, as sql/bench_schema.sql has them.
enum BenchServers {
    /// The host of all of them.
    static let host = "bench-host"

    /// The id of the n-th server.
    static func serverID(_ number: Int) -> UUID { digest("server \(number)") }

    /// The project of the n-th server.
    static func projectID(_ number: Int) -> String {
        let hex = String(number % 1000, radix: 16)
        return "be" + String(repeating: "0", count: 6 - hex.count) + hex
    }

    /// The request on the n-th server.
    static func requestID(_ number: Int) -> String {
        "req-" + digest("request \(number)").uuidString.lowercased()
    }

    private static func digest(_ text: String) -> UUID {
        Insecure.MD5.hash(data: Data(text.utf8)).withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
