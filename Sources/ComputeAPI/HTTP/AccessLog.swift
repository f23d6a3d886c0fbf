import HTTPTypes
import Logging
import NIOHTTP1
import Telemetry

/// One line of log for each request, at info, or at error for one that failed here. Neither the query nor any header
/// but the caller's request id is in it, since both may hold secrets.
struct AccessLog: Sendable {
    /// What a request said of itself.
    struct Request {
        let method: String
        let target: String
        let globalID: String?

        init(_ head: HTTPRequest) {
            method = head.method.rawValue
            target = head.path ?? ""
            globalID = head.headerFields[.openStackRequestID]
        }

        init(_ head: HTTPRequestHead) {
            method = head.method.rawValue
            target = head.uri
            globalID = head.headers.first(name: HTTPField.Name.openStackRequestID.canonicalName)
        }
    }

    let logger: Logger

    /// - Parameter request: nil where none could be made out.
    func write(_ answer: Answer, to request: Request?, id: String, duration: Duration) {
        let level: Logger.Level = answer.status == .internalServerError ? .error : .info
        guard level >= logger.logLevel else { return }
        var metadata: Logger.Metadata = [
            LogKey.requestID: "\(id)",
            "http.status": "\(answer.status.code)",
            "http.bytes": "\(answer.body.count)",
            LogKey.durationMilliseconds: "\(duration / .milliseconds(1))",
        ]
        metadata["http.method"] = request.map { "\($0.method.prefix(20))" }
        metadata["http.path"] = request.map { "\(Self.shortPath($0.target))" }
        metadata[LogKey.projectID] = answer.projectID.map { "\($0)" }
        metadata[LogKey.userID] = answer.userID.map { "\($0)" }
        metadata[LogKey.errorMessage] = answer.problem.map { "\($0)" }
        if let global = request?.globalID, RequestID.matches(global) {
            metadata[LogKey.globalRequestID] = "\(global)"
        }
        logger.log(level: level, "request", metadata: metadata)
    }

    /// The path without the query; of a very long one the beginning.
    private static func shortPath(_ target: String) -> Substring {
        Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") }).prefix(300)
    }
}
