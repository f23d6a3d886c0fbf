import Foundation
package import Logging

/// Writes each log event as one line: `time=… level=… label=… message=… key=value …`, the metadata sorted by key.
package struct LogfmtHandler: LogHandler {
    /// Least severe level that is written.
    package var logLevel: Logger.Level

    /// Metadata of the logger; that of an event wins where both have a key.
    package var metadata: Logger.Metadata = [:]

    /// Adds metadata from the task that logs.
    package var metadataProvider: Logger.MetadataProvider?

    /// Made once, since it holds a time zone.
    private static let timeStyle = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    private let label: String
    private let write: @Sendable (String, Logger.Level) -> Void

    /// Makes a handler for one logger.
    /// - Parameters:
    ///   - label: label of the logger.
    ///   - level: least severe level that is written.
    ///   - metadataProvider: adds metadata from the task that logs.
    ///   - write: takes one line, without its line feed, and its level; called on the thread that logs.
    package init(
        label: String,
        level: Logger.Level,
        metadataProvider: Logger.MetadataProvider? = nil,
        write: @escaping @Sendable (String, Logger.Level) -> Void
    ) {
        self.label = label
        self.logLevel = level
        self.metadataProvider = metadataProvider
        self.write = write
    }

    /// One value of the logger's metadata.
    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event. An error that comes with it becomes the key ``LogKey/errorMessage``, unless that is given.
    package func log(event: LogEvent) {
        var line = LogfmtLine()
        line.append("time", Self.timeStyle.format(Date()))
        line.append("level", event.level.rawValue)
        line.append("label", label)
        line.append("message", "\(event.message)")
        for (key, value) in merged(event).sorted(by: { $0.key < $1.key }) { line.append(key, "\(value)") }
        write(line.text, event.level)
    }

    private func merged(_ event: LogEvent) -> Logger.Metadata {
        var merged = metadataProvider?.get() ?? [:]
        if let error = event.error { merged[LogKey.errorMessage] = "\(error)" }
        merged.merge(metadata) { _, later in later }
        merged.merge(event.metadata ?? [:]) { _, later in later }
        return merged
    }
}
