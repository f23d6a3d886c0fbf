import Foundation
import TestSupport

/// One of our programs, running as a process of its own, its output in a file.
final class ChildProcess: @unchecked Sendable {
    // Invariant behind @unchecked: `process` is configured before it runs, and only asked and signalled afterwards.
    private let process = Process()
    let name: String
    let log: URL

    /// - Parameters:
    ///   - program: `reprieve-api`, `reprieve-worker` or `reprieve`, as built beside the tests.
    ///   - name: of the log file.
    init(
        _ program: String,
        _ arguments: [String] = [],
        environment: [String: String],
        name: String,
        folder: URL
    ) throws {
        self.name = name
        log = folder.appending(path: "\(name).log")
        try Data().write(to: log)
        process.executableURL = Self.folderOfPrograms.appending(path: program)
        process.arguments = arguments
        process.environment = environment.merging(["PATH": "/usr/bin:/bin"]) { first, _ in first }
        let output = try FileHandle(forWritingTo: log)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    private static let folderOfPrograms =
        URL(filePath: ProcessInfo.processInfo.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()

    var identifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// What it printed so far.
    var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    func send(_ signal: Int32) {
        guard process.isRunning else { return }
        kill(identifier, signal)
    }

    /// Ends it at once, as a crash would.
    func crash() {
        send(SIGKILL)
    }

    /// Waits for its end.
    /// - Returns: its exit status, or the negated signal that ended it.
    @discardableResult
    func ended(within limit: Duration = .seconds(30)) async throws -> Int32 {
        try await waitUntil(timeout: limit, "\(name) ends; it said:\n\(output)") { !process.isRunning }
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// The value of `key=` in the first log line with this message.
    func logged(_ message: String, _ key: String) async throws -> String {
        var value: Substring?
        try await waitUntil(timeout: .seconds(30), "\(name) logs \(message); it said:\n\(output)") {
            let line = output.split(separator: "\n").first { $0.contains("message=\(message)") }
            value = line?.split(separator: " ").first { $0.hasPrefix(key + "=") }?.dropFirst(key.count + 1)
            return value != nil || !process.isRunning
        }
        guard let value else { throw Failure(description: "\(name) did not log \(message): \(output)") }
        return String(value)
    }

    struct Failure: Error, CustomStringConvertible { let description: String }
}
