import NIOCore
import Synchronization

/// A request that may wait: how it gives up its place among those that are answered, and how it learns that the caller
/// hung up.
final class CallerWait: Sendable {
    private let gate: InFlightGate
    private let channel: (any Channel)?
    private let isOut = Atomic(false)

    init(gate: InFlightGate, channel: (any Channel)?) {
        self.gate = gate
        self.channel = channel
    }

    /// Makes room for another request, once: those who wait are bounded by themselves.
    func leaveGate() {
        if !isOut.exchange(true, ordering: .relaxed) { gate.leave() }
    }

    /// Runs something, during which `hungUp` is called when the caller closes the connection or its side of it.
    func whileConnected<Value>(
        _ hungUp: @escaping @Sendable () -> Void,
        _ body: () async throws -> Value
    ) async rethrows -> Value {
        guard let channel else { return try await body() }
        let handler = HangUpHandler(hungUp)
        // A connection that is closed already has no pipeline any more.
        let isThere: Bool
        do {
            try await channel.pipeline.addHandler(handler, position: .first)
            isThere = true
        } catch {
            isThere = false
            hungUp()
        }
        defer {
            if isThere { channel.pipeline.removeHandler(handler, promise: nil) }
        }
        return try await body()
    }
}

/// Tells that the other side sends no more.
private final class HangUpHandler: ChannelInboundHandler, RemovableChannelHandler, Sendable {
    typealias InboundIn = Any

    private let hungUp: @Sendable () -> Void

    init(_ hungUp: @escaping @Sendable () -> Void) {
        self.hungUp = hungUp
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if !context.channel.isActive { hungUp() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        hungUp()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .some(.inputClosed) = event as? ChannelEvent { hungUp() }
        context.fireUserInboundEventTriggered(event)
    }
}
