import Compute
import Foundation
import Hypervisor
import Logging
import Postgres
import SchemaSQL
import ServiceLifecycle
import TaskQueue
import Telemetry
import UnixSignals

/// The worker process: reads its configuration, builds the graph, runs it.
@main
struct ReprieveWorker {
    static func main() async {
        do {
            let sources = try await ProcessConfiguration()
            try LogSetup.bootstrap(sources)
            try await run(try WorkerConfiguration(sources))
        } catch {
            FileHandle.standardError.write(Data("reprieve-worker: \(error)\n".utf8))
            // A wrong setting stays wrong: systemd is told not to try again (sysexits.h, EX_CONFIG).
            let isWrongSetting = error is ConfigurationError || (error as? PostgresError)?.code == .invalidConfiguration
            exit(isWrongSetting ? 78 : 1)
        }
    }

    private static func run(_ configuration: WorkerConfiguration) async throws {
        let options = configuration.options
        var logger = Logger(label: "reprieve-worker")
        logger[metadataKey: LogKey.workerID] = "\(options.workerID)"
        let log = WorkerLog(logger: logger, notifier: SystemdNotifier(logger: logger) { true })

        let pool = ConnectionPool(
            configuration: configuration.database,
            maximumConnections: configuration.poolSize,
            logger: logger
        )
        try await Migrator.waitForSchema(pool) { error in
            logger.warning("the database does not answer, waiting", metadata: [LogKey.errorMessage: "\(error)"])
        }

        let listener = Listener(configuration: configuration.database, channels: [Worker.channel], logger: logger)
        let worker = Worker(
            queue: TaskQueue(pool: pool, functions: .compute),
            handlers: [ServerTaskHandler(store: ServerStore(pool: pool), drivers: configuration.drivers)],
            options: options,
            notifications: listener.events,
            observe: log.observe
        )
        let services: [any Service] = [log.notifier, pool, listener, worker]
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        // A driver that cannot be cancelled must not keep the process for ever.
        group.maximumGracefulShutdownDuration = options.shutdownGrace + .seconds(10)
        logger.notice("working", metadata: [LogKey.queueName: "\(options.queues.keys.sorted().joined(separator: ","))"])
        log.notifier.ready(status: log.summary(hosts: options.queues.keys.sorted()))
        try await ServiceGroup(configuration: group).run()
        logger.notice("stopped")
    }
}
