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
        CommandLineArguments.answer(
            program: "reprieve-worker",
            about: "Works off the tasks of its hosts: powers servers off, restores them, purges them.",
            required: ["database.url", "worker.driver", "fake.directory"]
        )
        do {
            let sources = try await ProcessConfiguration()
            try LogSetup.bootstrap(sources)
            try await run(try WorkerConfiguration(sources))
        } catch {
            FileHandle.standardError.write(Data("reprieve-worker: \(error)\n".utf8))
            // A wrong setting stays wrong: systemd is told not to try again (sysexits.h, EX_CONFIG).
            exit(error is ConfigurationError ? 78 : 1)
        }
    }

    private static func run(_ configuration: WorkerConfiguration) async throws {
        let options = configuration.options
        var logger = Logger(label: "reprieve-worker")
        logger[metadataKey: LogKey.workerID] = "\(options.workerID)"
        // The notifier asks after the worker, and the worker tells the notifier: this is where they meet.
        let watched = Guarded<Worker?>(nil)
        let notifier = SystemdNotifier(logger: logger) { watched.withLock { $0 }?.isAlive ?? true }
        let log = WorkerLog(logger: logger, notifier: notifier, hosts: options.queues.keys.sorted())

        let pool = ConnectionPool(
            configuration: configuration.database,
            maximumConnections: configuration.poolSize,
            logger: logger
        )
        try await Migrator.waitForSchema(pool) { error in
            logger.warning(
                "the database does not answer, waiting",
                // The pool only says that it waited; the cause is why the last connection failed.
                metadata: [LogKey.errorMessage: "\(error.cause ?? error)"]
            )
        }

        let queue = TaskQueue(pool: pool, functions: .compute)
        let store = ServerStore(pool: pool)
        let probes = HostProbes(store: store, drivers: configuration.drivers, logger: logger)
        let wakeUps = WakeUps(
            queue: queue,
            configuration: configuration.database,
            options: configuration.wakeUps,
            logger: logger,
            others: [HostProbes.channel: probes.hear],
            observe: WakeUpLog(logger: logger).observe
        )
        let news = TaskNews(queue: queue, logger: logger)
        let worker = Worker(
            queue: queue,
            handlers: [ServerTaskHandler(store: store, drivers: configuration.drivers)],
            options: options,
            notifications: wakeUps.events,
            observe: { event in
                log.observe(event)
                news.observe(event)
            }
        )
        watched.withLock { $0 = worker }
        let services: [any Service] = [notifier, pool, wakeUps, probes, news, worker]
        var group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        // A driver that cannot be cancelled must not keep the process for ever.
        group.maximumGracefulShutdownDuration = options.shutdownGrace + .seconds(10)
        group.maximumCancellationDuration = .seconds(10)
        try await ServiceGroup(configuration: group).run()
        logger.notice("stopped")
    }
}
