import ComputeAPI
import Logging
import Postgres
import SchemaSQL
import ServiceLifecycle
import Telemetry

/// The API as a service: waits for a database with the right schema, then listens until it is told to stop.
struct APIService: Service {
    let pool: ConnectionPool
    let responder: ComputeResponder
    let configuration: APIConfiguration
    let systemd: SystemdNotifier
    let logger: Logger

    func run() async throws {
        try await withGracefulShutdownHandler {
            guard try await waitForDatabase() else { return }
            try await HTTPListener(
                host: configuration.host,
                port: configuration.port,
                setting: "api.port (REPRIEVE_API_PORT)",
                responder: responder,
                limits: configuration.limits,
                certificate: configuration.certificate,
                logger: logger,
                onListening: listening
            ).run()
        } onGracefulShutdown: {
            systemd.stopping()
        }
    }

    /// - Returns: false when the process is told to stop meanwhile.
    private func waitForDatabase() async throws -> Bool {
        do {
            try await cancelWhenGracefulShutdown {
                try await Migrator.waitForSchema(pool) { error in
                    logger.warning(
                        "the database does not answer, waiting",
                        // The pool only says that it waited; the cause is why the last connection failed.
                        metadata: [LogKey.errorMessage: "\(error.cause ?? error)"]
                    )
                    systemd.status("waiting for the database")
                }
            }
            return true
        } catch is CancellationError {
            return false
        } catch let error as PostgresError where error.code == .cancelled {
            return false
        }
    }

    @Sendable
    private func listening(_ port: Int) {
        logger.notice(
            "listening",
            metadata: [
                "http.host": "\(configuration.host)", "http.port": "\(port)",
                "http.tls": "\(configuration.certificate != nil)",
            ]
        )
        systemd.ready(status: "listening on \(configuration.host):\(port)")
    }
}
