import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore
import Telemetry

/// The Compute API behind HTTP: bounds what comes in, answers, and writes one line of log for each request.
package struct ComputeResponder: HTTPResponder {
    private let api: ComputeAPI
    private let gate: InFlightGate
    private let logger: Logger

    /// - Parameter logger: gets one line for each request, at info, or at error for one that failed here.
    package init(api: ComputeAPI, logger: Logger) {
        self.api = api
        self.logger = logger
        gate = InFlightGate(limit: api.settings.maximumInFlight)
    }

    /// Answers. It never throws: whatever goes wrong is an answer.
    package func respond(to request: Request, context: ConnectionContext) async -> Response {
        let start = ContinuousClock.now
        let id = RequestID.make()
        var answer = await answer(request, id, context)
        if request.head.method == .head { answer.forgetBody() }
        log(answer, request.head, id, ContinuousClock.now - start)
        return Response(
            status: answer.status,
            headers: answer.headers,
            body: answer.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }

    private func answer(_ request: Request, _ id: String, _ context: ConnectionContext) async -> Answer {
        guard gate.enter() else {
            return refuse(.unavailable("Too many requests are being answered."), id)
        }
        defer { gate.leave() }
        do throws(APIFault) {
            let body = try await BodyCollector(deadline: api.settings.bodyDeadline).collect(request, context)
            return await api.answer(APICall(id: id, request.head, body: body))
        } catch {
            // The rest of the body is thrown away, but not for ever, so the connection is of no further use.
            context.close(after: .seconds(10))
            var answer = refuse(error, id)
            answer.headers[.connection] = "close"
            return answer
        }
    }

    private func refuse(_ fault: APIFault, _ id: String) -> Answer {
        var answer = Answer(fault)
        answer.identify(id)
        return answer
    }

    private func log(_ answer: Answer, _ head: HTTPRequest, _ id: String, _ duration: Duration) {
        var metadata: Logger.Metadata = [
            LogKey.requestID: "\(id)",
            "http.method": "\(head.method)",
            "http.path": "\(Self.shortPath(head))",
            "http.status": "\(answer.status.code)",
            LogKey.durationMilliseconds: "\(duration / .milliseconds(1))",
        ]
        metadata[LogKey.projectID] = answer.projectID.map { "\($0)" }
        metadata[LogKey.errorMessage] = answer.problem.map { "\($0)" }
        if let global = head.headerFields[.openStackRequestID], RequestID.matches(global) {
            metadata[LogKey.globalRequestID] = "\(global)"
        }
        logger.log(level: answer.status == .internalServerError ? .error : .info, "request", metadata: metadata)
    }

    /// The path without the query, which may hold a secret; of a very long one the beginning.
    private static func shortPath(_ head: HTTPRequest) -> Substring {
        Substring((head.path ?? "").utf8.prefix { $0 != UInt8(ascii: "?") }).prefix(300)
    }
}

extension Answer {
    /// Keeps the length and drops the rest, for HEAD.
    fileprivate mutating func forgetBody() {
        headers[.contentLength] = "\(body.count)"
        body = []
    }
}
