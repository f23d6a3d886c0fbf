import HTTPTypes
import NIOCore
import NIOHTTP1

/// Keeps the manners of one connection: refuses heads beyond the bounds, answers `Expect`, ends the connection after the
/// last answer, and sees to the deadlines.
///
/// It stands right behind the parser, before requests are put in a row, so that it sees them as they come.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    let limits: ConnectionLimits
    private let log: AccessLog
    /// Whether the connection is one too many.
    private let isSurplus: Bool
    var state = ConnectionState()
    var head = HeadProgress()
    var deadlines = ConnectionDeadlines()
    var context: ChannelHandlerContext?
    /// A refusal that waits until the requests before it are answered.
    private var refusal: (fault: APIFault, request: AccessLog.Request?)?
    private var owesContinue = false
    /// Whether the parser made something of the bytes that came last.
    private var hasReadPart = false
    private var keepsOldCallerAlive = false
    private var isOutputClosed = false

    init(limits: ConnectionLimits, isSurplus: Bool, log: AccessLog) {
        self.limits = limits
        self.isSurplus = isSurplus
        self.log = log
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        watchTime(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadlines.cancel()
        self.context = nil
    }

    // MARK: What comes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !state.isDeaf else { return }
        hasReadPart = true
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard let fault = fault(of: head) else {
                headCame(head, context)
                break
            }
            return refuse(fault, AccessLog.Request(head), context)
        case .body: break
        case .end: state.requestEnded()
        }
        watchTime(context)
        context.fireChannelRead(data)
    }

    /// The parser has read what came.
    func readBytes() {
        guard let context, !state.isReceiving, !state.isDeaf, !hasReadPart else {
            hasReadPart = false
            return
        }
        head.goesOn()
        state.beginHead()
        watchTime(context)
    }

    private func fault(of head: HTTPRequestHead) -> APIFault? {
        if isSurplus { return .unavailable("Too many connections are open.") }
        guard head.uri.utf8.count <= ConnectionLimits.maximumTarget else { return .longTarget }
        let size = head.headers.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        return size <= ConnectionLimits.maximumHeaders ? nil : .longHeaders
    }

    private func headCame(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        // The parser takes nothing for HTTP after a request that wants to speak something else from there on.
        let wantsOther = head.method == .CONNECT || head.headers.contains(name: "upgrade")
        self.head.isOver()
        state.headCame(isLast: wantsOther || !head.isKeepAlive)
        keepsOldCallerAlive = head.version == .http1_0 && head.isKeepAlive
        owesContinue = head.version != .http1_0 && Self.expectsContinue(head.headers)
        sayContinue(context)
    }

    /// Asks for the body, unless it is one that will be refused.
    private func sayContinue(_ context: ChannelHandlerContext) {
        guard owesContinue, state.unanswered == 1, state.isReceiving else { return }
        owesContinue = false
        let head = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    private static func expectsContinue(_ headers: HTTPHeaders) -> Bool {
        guard let expectation = headers.first(name: "expect"), expectation.lowercased() == "100-continue" else {
            return false
        }
        let announced = headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        return announced <= APISettings.maximumBody
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            // The parser complains of every byte that follows a mistake.
            if !(error is ByteToMessageDecoderError) { context.fireErrorCaught(error) }
            return
        }
        guard !state.isDeaf else { return }
        switch (state.isReceiving, state.unanswered) {
        case (false, _): refuse(head.fault(of: error), nil, context)
        case (true, 0): context.close(promise: nil)
        default: giveUpBody(.malformed(error), context)
        }
    }

    func giveUpBody(_ fault: BodyFault, _ context: ChannelHandlerContext) {
        state.giveUpBody()
        watchTime(context)
        context.fireErrorCaught(fault)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed, state.wait == .parting {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: What goes out

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head): write(head, context, promise)
        case .body: context.write(data, promise: promise)
        case .end: writeEnd(data, context, promise)
        }
    }

    private func write(_ head: HTTPResponseHead, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        state.answerBegan(isLast: !head.isKeepAlive)
        var head = head
        if state.isClosing {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        } else if keepsOldCallerAlive {
            head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
        }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }

    private func writeEnd(_ data: NIOAny, _ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>?) {
        state.answerEnded()
        guard state.isClosing else {
            context.write(data, promise: promise)
            sayContinue(context)
            watchTime(context)
            if let refusal, state.unanswered == 0 { answer(refusal.fault, refusal.request, context) }
            return
        }
        let departure = promise ?? context.eventLoop.makePromise()
        let channel = context.channel
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        departure.futureResult.whenSuccess {
            handler.value.state.departed()
            // Through the whole pipeline: requests that wait in it must not be served any more.
            channel.close(mode: .output, promise: nil)
            handler.value.context.map(handler.value.watchTime)
        }
        watchTime(context)
        context.writeAndFlush(data, promise: departure)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if mode == .output {
            guard !isOutputClosed else { return promise?.succeed() ?? () }
            isOutputClosed = true
        }
        context.close(mode: mode, promise: promise)
    }

    // MARK: Refusals

    /// Answers in place of the API, once the requests before are answered, and takes nothing more.
    func refuse(_ fault: APIFault, _ request: AccessLog.Request?, _ context: ChannelHandlerContext) {
        state.stopListening()
        guard state.unanswered == 0 else {
            refusal = (fault, request)
            return
        }
        answer(fault, request, context)
    }

    private func answer(_ fault: APIFault, _ request: AccessLog.Request?, _ context: ChannelHandlerContext) {
        refusal = nil
        let id = RequestID.make()
        var answer = Answer(fault)
        answer.identify(id)
        log.write(answer, to: request, id: id, duration: .zero)
        var headers = HTTPHeaders(answer.headers.map { ($0.name.rawName, $0.value) })
        headers.add(name: "content-length", value: "\(answer.body.count)")
        headers.add(name: "connection", value: "close")
        let status = HTTPResponseStatus(statusCode: answer.status.code)
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        let body = context.channel.allocator.buffer(bytes: answer.body)
        write(head, context, nil)
        if request?.method != "HEAD" { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        writeEnd(wrapOutboundOut(.end(nil)), context, nil)
    }

    // MARK: Time

    /// Must be called whenever the state may wait for something else than before.
    func watchTime(_ context: ChannelHandlerContext) {
        deadlines.watch(state.wait, of: self, context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        deadlines.writabilityChanged(of: self, context)
        context.fireChannelWritabilityChanged()
    }
}

@available(*, unavailable)
extension ConnectionHandler: Sendable {}
