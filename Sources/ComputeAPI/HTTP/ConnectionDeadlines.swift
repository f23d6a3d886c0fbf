import NIOCore

/// The clock of one connection: acts when what the connection waits for takes too long.
///
/// One alarm serves all waits. It is set anew only when it would ring too late, so that requests that follow each other
/// cost no timer.
struct ConnectionDeadlines {
    private var wait: ConnectionState.Wait?
    private var since = NIODeadline.now()
    private var alarm: (time: NIODeadline, task: Scheduled<Void>)?
    private var stall: Scheduled<Void>?

    mutating func cancel() {
        alarm?.task.cancel()
        stall?.cancel()
        (alarm, stall) = (nil, nil)
    }

    /// Starts the time of a wait, unless it runs already.
    mutating func watch(
        _ wait: ConnectionState.Wait,
        of handler: ConnectionHandler,
        _ context: ChannelHandlerContext
    ) {
        guard wait != self.wait else { return }
        self.wait = wait
        since = .now()
        setAlarm(handler, context)
    }

    private mutating func setAlarm(_ handler: ConnectionHandler, _ context: ChannelHandlerContext) {
        guard let time = wait.flatMap({ Self.limit(of: $0, handler.limits) }).map({ since + TimeAmount($0) }) else {
            return
        }
        if let alarm, alarm.time <= time { return }
        alarm?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) {
            handler.deadlines.ring(handler, context)
        }
        alarm = (time, task)
    }

    private static func limit(of wait: ConnectionState.Wait, _ limits: ConnectionLimits) -> Duration? {
        switch wait {
        case .request, .departure: limits.idleTimeout
        case .head: limits.headerDeadline
        case .body, .remainder: limits.bodyDeadline
        case .parting: ConnectionLimits.parting
        case .answer: nil
        }
    }

    private mutating func ring(_ handler: ConnectionHandler, _ context: ChannelHandlerContext) {
        alarm = nil
        guard let wait, let limit = Self.limit(of: wait, handler.limits) else { return }
        // While an answer is being read, however slowly, the connection is not idle; see writabilityChanged.
        if !context.channel.isWritable { since = .now() }
        guard since + TimeAmount(limit) <= .now() else { return setAlarm(handler, context) }
        // What follows changes the deadlines of the handler: nothing of this copy may be written after it.
        let eventLoop = context.eventLoop.assumeIsolated()
        eventLoop.execute { Self.expire(wait, handler, context) }
    }

    private static func expire(
        _ wait: ConnectionState.Wait,
        _ handler: ConnectionHandler,
        _ context: ChannelHandlerContext
    ) {
        guard handler.state.wait == wait else { return }
        switch wait {
        case .head:
            handler.refuse(APIFault(.requestTimeout, "The head of the request did not arrive in time."), nil, context)
        case .body: handler.giveUpBody(.late, context)
        default: context.close(promise: nil)
        }
    }

    // MARK: Callers who do not read

    /// Watches that the caller reads, while more is to be sent than the network takes.
    mutating func writabilityChanged(of handler: ConnectionHandler, _ context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        if !context.channel.isWritable { watchProgress(handler, context) }
    }

    private mutating func watchProgress(_ handler: ConnectionHandler, _ context: ChannelHandlerContext) {
        let before = Self.waiting(context)
        let patience = TimeAmount(handler.limits.writeDeadline)
        stall = context.eventLoop.assumeIsolated().scheduleTask(in: patience) {
            guard !context.channel.isWritable else { return }
            if Self.waiting(context) + ConnectionLimits.leastProgress > before {
                context.channel.close(promise: nil)
            } else {
                handler.deadlines.watchProgress(handler, context)
            }
        }
    }

    /// Bytes that the network has not taken.
    private static func waiting(_ context: ChannelHandlerContext) -> Int {
        do {
            return try context.channel.syncOptions?.getOption(.bufferedWritableBytes) ?? 0
        } catch {
            // A channel that is closed has no options any more, and nothing that waits.
            return 0
        }
    }
}
