import Compute
import ComputeAPI
import Foundation
import Identity
import Logging
import Postgres
import SchemaSQL
import ServiceLifecycle
import TaskQueue
import Telemetry
import UnixSignals

/// The API process: reads its configuration, builds the graph, runs it.
@main
struct ReprieveAPI {
    static func main() async {
        do {
            let sources = try await ProcessConfiguration()
            try LogSetup.bootstrap(sources)
            try await run(try APIConfiguration(sources))
        } catch {
            FileHandle.standardError.write(Data("reprieve-api: \(error)\n".utf8))
            // A wrong setting stays wrong: systemd is told not to try again (sysexits.h, EX_CONFIG).
            let isWrongSetting = error is ConfigurationError || (error as? PostgresError)?.code == .invalidConfiguration
            exit(isWrongSetting ? 78 : 1)
        }
    }

    private static func run(_ configuration: APIConfiguration) async throws {
        let logger = Logger(label: "reprieve-api")
        let systemd = SystemdNotifier(logger: logger) { true }
        let pool = ConnectionPool(
            configuration: configuration.database,
            maximumConnections: configuration.poolSize,
            logger: logger
        )
        let notifier = TaskNotifier(queue: TaskQueue(pool: pool), logger: logger)
        let api = ComputeAPI(
            servers: ServerStore(pool: pool, notifier: notifier),
            authenticator: NoAuthAuthenticator(),
            settings: configuration.settings
        )
        let services: [any Service] = [
            systemd, pool, notifier,
            healthService(configuration, pool, logger),
            APIService(
                pool: pool,
                responder: ComputeResponder(api: api, logger: logger),
                configuration: configuration,
                systemd: systemd,
                logger: logger
            ),
        ]
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        // A client that never reads its answer must not keep the process for ever.
        group.maximumGracefulShutdownDuration = configuration.shutdownGrace
        try await ServiceGroup(configuration: group).run()
        logger.notice("stopped")
    }

    private static func healthService(
        _ configuration: APIConfiguration,
        _ pool: ConnectionPool,
        _ logger: Logger
    ) -> some Service {
        let responder = HealthResponder {
            do {
                try await Migrator.check(pool)
                return true
            } catch {
                logger.info("not ready", metadata: [LogKey.errorMessage: "\(error)"])
                return false
            }
        }
        return HTTPListener(
            host: configuration.host,
            port: configuration.healthPort,
            responder: responder,
            logger: logger
        ) { port in
            logger.notice("health listening", metadata: ["http.host": "\(configuration.host)", "http.port": "\(port)"])
        }
    }
}
