package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore

/// HTTP servers as services: each listens until graceful shutdown and then lets the requests in flight end.
package enum HTTPService {
    /// - Parameters:
    ///   - port: 0 is any free port.
    ///   - idleTimeout: after which a connection on which nothing moves is closed.
    ///   - onListening: told the port once connections are accepted.
    package static func make<Responder: HTTPResponder<ConnectionContext>>(
        responder: Responder,
        host: String,
        port: Int,
        idleTimeout: Duration = .seconds(60),
        logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) -> Application<Responder> {
        // The framework tells of every start and stop in its own words; ours are enough.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .error)
        let connections = HTTP1Channel.Configuration(
            idleTimeout: TimeAmount(idleTimeout),
            // Keystone's larger tokens have some KiB; beyond this the parser itself answers 400.
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 32 * 1024,
                maxHeaderListSize: 64 * 1024,
                maxHeaderFieldCount: 200
            )
        )
        return Application(
            responder: responder,
            server: HTTPServerBuilder {
                EventLoopChannel(inner: HTTP1Channel(responder: $0, configuration: connections))
            },
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), backlog: 1024),
            onServerRunning: { await onListening($0.localAddress?.port ?? port) },
            logger: quiet
        )
    }
}
