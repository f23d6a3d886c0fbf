import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOSSL

/// Connections that speak HTTP/1.1, whose requests are answered one after the other on the event loop that reads and
/// writes them.
struct APIChannel: HTTPChannelHandler {
    typealias Value = AcceptedConnection

    let responder: HTTPChannelHandler.Responder
    let limits: ConnectionLimits
    /// nil for connections without TLS.
    let certificate: ServerCertificate?
    let gate: ConnectionGate
    let log: AccessLog

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let admission = gate.enter()
        channel.closeFuture.whenComplete { _ in gate.leave() }
        return channel.eventLoop.makeCompletedFuture {
            if case .droppedAtOnce = admission {
                channel.close(promise: nil)
            } else {
                try addHandlers(to: channel.pipeline.syncOperations, isSurplus: admission == .refused)
            }
            return AcceptedConnection(
                try NIOAsyncChannel(
                    wrappingChannelSynchronously: channel,
                    configuration: .init(isOutboundHalfClosureEnabled: true)
                )
            )
        }
    }

    private func addHandlers(to pipeline: ChannelPipeline.SynchronousOperations, isSurplus: Bool) throws {
        if let certificate {
            try pipeline.addHandler(NIOSSLServerHandler(context: certificate.context))
        }
        var limits = limits
        // Who is only to be told that there is no room is not waited for long.
        if isSurplus { limits.idleTimeout = min(limits.idleTimeout, limits.headerDeadline) }
        let connection = ConnectionHandler(limits: limits, isSurplus: isSurplus, log: log)
        try pipeline.addHandler(HeadWatch(connection: connection))
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false,
            withErrorHandling: false,
            // The types of headers that answers are made of hold no other than valid ones.
            withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: Self.parserLimits
        )
        try pipeline.addHandler(connection)
        // Holds requests back until those before them are answered, and ends the connection at a shutdown.
        try pipeline.addHandler(HTTPServerPipelineHandler())
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: certificate != nil))
    }

    private static var parserLimits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = ConnectionLimits.parsedHead
        limits.maxHeaderListSize = ConnectionLimits.parsedHead
        limits.maxHeaderFieldCount = ConnectionLimits.maximumFields
        return limits
    }

    func handle(value: Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await withTaskCancellationHandler {
                await handleHTTP(asyncChannel: value.take(), logger: logger)
            } onCancel: {
                // The framework ends the input, which TLS cannot.
                if certificate != nil { value.channel.close(promise: nil) }
            }
        }
    }
}
