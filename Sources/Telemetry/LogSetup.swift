import Foundation
package import Logging
import Synchronization

/// Sets up the log of a process: logfmt on standard error, without colours.
///
/// ## Configuration keys
/// - `log.level` (string, default `info`): `trace`, `debug`, `info`, `notice`, `warning`, `error` or `critical`.
package enum LogSetup {
    /// Sends every logger of this process to standard error. Call it once, before the first logger is made.
    /// - Throws: ``ConfigurationError`` when `log.level` is no level.
    package static func bootstrap(_ configuration: ProcessConfiguration) throws(ConfigurationError) {
        bootstrap(level: try configuration.choice("log.level", default: Logger.Level.info))
    }

    /// Sends every logger of this process to standard error, from `level` on. Call it once.
    package static func bootstrap(level: Logger.Level) {
        let output = StandardErrorLog(environment: ProcessInfo.processInfo.environment)
        LoggingSystem.bootstrap(
            { label, provider in
                LogfmtHandler(label: label, level: level, metadataProvider: provider) { output.write($0, $1) }
            },
            metadataProvider: nil
        )
    }
}

/// Standard error as a place for log lines.
///
/// Where it is the journal, each line starts with its priority in angle brackets, which the journal takes off again and
/// files the line under.
struct StandardErrorLog: Sendable {
    private let isJournal: Bool

    /// Keeps lines of several threads apart also where one is longer than a pipe takes in one piece.
    private static let turn = Mutex(())

    init(environment: [String: String]) {
        isJournal = Self.isJournal(environment["JOURNAL_STREAM"], descriptor: STDERR_FILENO)
    }

    func write(_ line: String, _ level: Logger.Level) {
        let bytes = Array(((isJournal ? "<\(Self.priority(level))>" : "") + line + "\n").utf8)
        Self.turn.withLock { _ in Self.writeAll(bytes) }
    }

    /// Gives up on a line when standard error is gone, since there is nowhere left to say so.
    private static func writeAll(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { buffer in
            var rest = buffer[...]
            while !rest.isEmpty {
                let written = Foundation.write(
                    STDERR_FILENO,
                    UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                    rest.count
                )
                if written < 0 {
                    guard errno == EINTR else { return }
                } else {
                    rest = rest.dropFirst(written)
                }
            }
        }
    }

    /// Whether a descriptor is the stream that systemd says leads to the journal, as `device:inode`.
    static func isJournal(_ stream: String?, descriptor: Int32) -> Bool {
        var status = stat()
        guard let stream, fstat(descriptor, &status) == 0 else { return false }
        return stream == "\(status.st_dev):\(status.st_ino)"
    }

    /// The level as a priority of syslog, 0 ... 7.
    static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
