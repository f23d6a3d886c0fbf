package import Hummingbird
import HummingbirdCore
package import Logging

/// HTTP servers as services: each listens until graceful shutdown and then lets the requests in flight end.
package enum HTTPService {
    /// - Parameters:
    ///   - port: 0 is any free port.
    ///   - certificate: for connections with TLS; nil: without.
    ///   - logger: gets a line for each request that is refused before a responder sees it.
    ///   - onListening: told the port once connections are accepted.
    package static func make<Responder: HTTPResponder<ConnectionContext>>(
        responder: Responder,
        host: String,
        port: Int,
        limits: ConnectionLimits = ConnectionLimits(),
        certificate: ServerCertificate? = nil,
        logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) -> Application<Responder> {
        // The framework tells of every start and stop in its own words; ours are enough.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .error)
        let gate = ConnectionGate(limit: limits.maximumConnections)
        let log = AccessLog(logger: logger)
        return Application(
            responder: responder,
            server: HTTPServerBuilder {
                APIChannel(responder: $0, limits: limits, certificate: certificate, gate: gate, log: log)
            },
            configuration: ApplicationConfiguration(address: .hostname(host, port: port), backlog: 1024),
            onServerRunning: { await onListening($0.localAddress?.port ?? port) },
            logger: quiet
        )
    }
}
