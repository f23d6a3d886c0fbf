import ComputeAPI
import Hummingbird
import Logging
import ServiceLifecycle

/// An HTTP server as a service, whose failure says where it wanted to listen.
struct HTTPListener<Responder: HTTPResponder<ConnectionContext>>: Service {
    let host: String
    let port: Int
    let responder: Responder
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
                logger: logger,
                onListening: onListening
            ).run()
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw Failure(description: "cannot serve HTTP on \(host):\(port): \(error)")
        }
    }
}
