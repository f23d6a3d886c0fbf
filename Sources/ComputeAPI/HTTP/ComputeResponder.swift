import HTTPTypes
package import Hummingbird
package import Logging
import NIOCore

/// The Compute API behind HTTP: bounds what comes in, answers, and writes one line of log for each request.
package struct ComputeResponder: HTTPResponder {
    private let api: ComputeAPI
    private let gate: InFlightGate
    private let log: AccessLog

    /// - Parameter logger: gets one line for each request, at info, or at error for one that failed here.
    package init(api: ComputeAPI, logger: Logger) {
        self.api = api
        log = AccessLog(logger: logger)
        gate = InFlightGate(limit: api.settings.maximumInFlight)
    }

    /// Answers. It never throws: whatever goes wrong is an answer.
    package func respond(to request: Request, context: ConnectionContext) async -> Response {
        let start = ContinuousClock.now
        let id = RequestID.make()
        var answer = await answer(request, id, context)
        if request.head.method == .head { answer.forgetBody() }
        log.write(
            answer,
            to: AccessLog.Request(request.head),
            id: answer.requestID ?? id,
            duration: ContinuousClock.now - start
        )
        return Response(
            status: answer.status,
            headers: answer.headers,
            body: answer.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body))
        )
    }

    private func answer(_ request: Request, _ id: String, _ context: ConnectionContext) async -> Answer {
        // A body that does not come takes nobody's place: those that are under way are bounded as connections are.
        let body: [UInt8]
        do throws(APIFault) {
            body = try await BodyCollector.collect(request)
        } catch {
            // The rest of the body is not waited for, so the connection is of no further use.
            var answer = refuse(error, id)
            answer.headers[.connection] = "close"
            return answer
        }
        guard gate.enter() else { return refuse(.unavailable("Too many requests are being answered."), id) }
        let wait = CallerWait(gate: gate, channel: context.channel)
        defer { wait.leaveGate() }
        return await api.answer(APICall(id: id, request.head, body: body, wait: wait))
    }

    private func refuse(_ fault: APIFault, _ id: String) -> Answer {
        var answer = Answer(fault)
        answer.identify(id)
        return answer
    }
}

extension Answer {
    /// Keeps the length and drops the rest, for HEAD.
    fileprivate mutating func forgetBody() {
        headers[.contentLength] = "\(body.count)"
        body = []
    }
}
