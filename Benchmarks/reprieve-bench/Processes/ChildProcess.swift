import Foundation
import Postgres

/// A program that the benchmark has started, its output in a file.
final class ChildProcess: @unchecked Sendable {
    // Invariant behind @unchecked: `process` is configured before it runs, and only asked and signalled afterwards.
    private let process = Process()
    private let name: String
    private let log: URL

    /// Starts a program. Of this process's environment it gets everything.
    /// - Parameter name: of its log, a file in `folder`.
    init(
        _ program: URL,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        name: String,
        folder: URL
    ) throws {
        self.name = name
        log = folder.appending(path: "\(name).log")
        try Data().write(to: log)
        let output = try FileHandle(forWritingTo: log)
        process.executableURL = program
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// What it has said so far; nothing when that cannot be read.
    var output: String {
        do {
            return String(decoding: try Data(contentsOf: log), as: UTF8.self)
        } catch {
            return ""
        }
    }

    func send(_ signal: Int32) {
        guard process.isRunning else { return }
        kill(identifier, signal)
    }

    /// Waits for its end, and ends it when it takes too long or this task is cancelled.
    /// - Throws: ``BenchError`` `.failed` with what it said, when its exit status is not 0; `CancellationError`.
    func succeeded(within limit: Duration = .seconds(3600)) async throws {
        try await ended(within: limit)
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw BenchError(.failed, "\(name) failed (\(process.terminationStatus)): \(output)")
        }
    }

    /// Asks it to stop and waits until it has; when it takes too long, ends it. Not cut short by cancellation.
    func stop() async {
        send(SIGTERM)
        await Task {
            do {
                try await Wait.until(within: .seconds(30), "\(self.name) stops") { !self.process.isRunning }
            } catch {
                self.send(SIGKILL)
            }
        }.value
    }

    private func ended(within limit: Duration) async throws {
        do {
            try await Wait.until(within: limit, "\(name) ends") { !process.isRunning }
        } catch {
            send(SIGKILL)
            throw error
        }
    }

    /// Throws what it said, if it has ended.
    func requireRunning() throws {
        guard isRunning else { throw BenchError(.failed, "\(name) ended: \(output)") }
    }

    /// The value of `key=` in the first line of its log with this message, once it is there.
    func logged(_ message: String, _ key: String) async throws -> String {
        var value: Substring?
        try await Wait.until(within: .seconds(30), "\(name) logs \(message)") {
            try requireRunning()
            let line = output.split(separator: "\n").first { $0.contains("message=\(message)") }
            value = line?.split(separator: " ").first { $0.hasPrefix(key + "=") }?.dropFirst(key.count + 1)
            return value != nil
        }
        return String(value ?? "")
    }
}
