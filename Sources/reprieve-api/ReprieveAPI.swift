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
        // "systemctl reload" and a terminal that closes send it; it ends nobody, whether or not there is a policy file to
        // read again. Who listens for it hears it all the same.
        signal(SIGHUP, SIG_IGN)
        CommandLineArguments.answer(
            program: "reprieve-api",
            about: "Serves the OpenStack Compute API of Reprieve, the recycle bin for virtual machines.",
            required: ["database.url", "api.auth"]
        )
        do {
            let sources = try await ProcessConfiguration()
            try LogSetup.bootstrap(sources)
            try await run(try APIConfiguration(sources))
        } catch {
            FileHandle.standardError.write(Data("reprieve-api: \(error)\n".utf8))
            // A wrong setting stays wrong: systemd is told not to try again (sysexits.h, EX_CONFIG).
            exit(error is ConfigurationError ? 78 : 1)
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
        let policy = Policy()
        let watcher = try configuration.policyFile.map {
            try PolicyWatcher(file: $0, policy: policy, logger: logger)
        }
        try await refuseWrongSchema(pool)
        let authentication = try await Authentication.open(configuration, logger)
        let queue = TaskQueue(pool: pool)
        let notifier = TaskNotifier(queue: queue, logger: logger)
        let watch = TaskWatch(
            queue: queue,
            configuration: configuration.database,
            limit: configuration.maximumWaiting,
            share: configuration.maximumWaitingPerProject,
            logger: logger
        )
        let api = ComputeAPI(
            servers: ServerStore(pool: pool, notifier: notifier),
            authenticator: authentication.authenticator,
            policy: policy,
            settings: configuration.settings,
            watch: watch
        )
        let service = APIService(
            pool: pool,
            responder: ComputeResponder(api: api, logger: logger),
            configuration: configuration,
            systemd: systemd,
            logger: logger
        )
        let health = healthService(configuration, pool, authentication, logger)
        // The watch is shut down before the listener, which waits for every request: nobody waits for a task any more.
        var services: [any Service] =
            [systemd, pool, notifier] + authentication.services + [health, service, watch]
        if let watcher { services.append(watcher) }
        if let certificate = configuration.certificate {
            services.append(CertificateWatch(certificate: certificate, logger: logger))
        }
        // When one fails the others end in order: requests are answered, and the failure alone is told.
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        // A client that never reads its answer must not keep the process for ever.
        group.maximumGracefulShutdownDuration = configuration.shutdownGrace
        try await ServiceGroup(configuration: group).run()
        logger.notice("stopped")
    }

    /// Says so before anything else is started; a database that does not answer is waited for later.
    private static func refuseWrongSchema(_ pool: ConnectionPool) async throws {
        do {
            try await Migrator.check(pool)
        } catch let error as PostgresError where error.retry != .never {
            return
        }
    }

    private static func healthService(
        _ configuration: APIConfiguration,
        _ pool: ConnectionPool,
        _ authentication: Authentication,
        _ logger: Logger
    ) -> some Service {
        let responder = HealthResponder {
            do {
                try await Migrator.check(pool)
                return await authentication.isReady()
            } catch {
                logger.info("not ready", metadata: [LogKey.errorMessage: "\(error)"])
                return false
            }
        }
        return HTTPListener(
            host: configuration.host,
            port: configuration.healthPort,
            setting: "api.health_port (REPRIEVE_API_HEALTH_PORT)",
            responder: responder,
            logger: logger
        ) { port in
            logger.notice("health listening", metadata: ["http.host": "\(configuration.host)", "http.port": "\(port)"])
        }
    }
}
