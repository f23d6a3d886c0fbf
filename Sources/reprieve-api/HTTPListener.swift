import ComputeAPI
import Foundation
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// An HTTP server as a service, whose failure says where it wanted to listen.
struct HTTPListener<Responder: HTTPResponder<ConnectionContext>>: Service {
    let host: String
    let port: Int
    /// The setting that the port comes from, as an operator knows it.
    let setting: String
    let responder: Responder
    var limits = ConnectionLimits()
    /// nil: no TLS.
    var certificate: ServerCertificate?
    let logger: Logger
    let onListening: @Sendable (Int) async -> Void

    /// The server could not listen or broke.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    func run() async throws {
        do {
            try await HTTPService.make(
                responder: responder,
                host: host,
                port: port,
                limits: limits,
                certificate: certificate,
                logger: logger,
                onListening: onListening
            ).run()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw failure(error)
        }
    }

    private func failure(_ error: any Error) -> Failure {
        let isInUse = (error as? IOError)?.errnoCode == EADDRINUSE
        return Failure(
            description: isInUse
                ? "\(setting): \(host):\(port) is in use" : "cannot serve HTTP on \(host):\(port): \(error)"
        )
    }
}
