import Foundation
import Hypervisor
import Postgres
import TaskQueue
import Telemetry

/// What the worker process is told.
///
/// ## Configuration keys
/// - `database.url` (string, required, secret): a libpq connection string.
/// - `database.pool_size` (2 ... 64, default 4): connections, beside one that listens.
/// - `database.prepared_statements` (bool, default true): false spares finding out that a pooler loses them.
/// - `worker.hosts` (list, default this machine's name): the hosts whose tasks it takes.
/// - `worker.driver` (`fake`, required): the hypervisor behind these hosts.
/// - `worker.concurrency` (1 ... 512, default 4): tasks that run at once, for each host.
/// - `worker.lease` (1s ... 300s, default 30s): after so long without a heartbeat a task is another worker's.
/// - `worker.poll_interval` (10ms ... 300s, default 5s): how long an idle worker waits before it looks by itself.
/// - `worker.listen_limit` (1 ... 10000, default 100): with more live workers than this, none listens and all poll.
/// - `worker.sweep_interval` (10ms ... 300s, default 10s): how often it looks for due purges and lost leases.
/// - `worker.shutdown_grace` (0s ... 1h, default 20s): how long running tasks may go on after SIGTERM.
/// - `worker.retry_base` (1ms ... 1h, default 1s), `worker.retry_cap` (1ms ... 24h, default 60s): the bounds of the random
///   delay before another attempt; the cap is at least the base.
/// - `worker.attempt_limit` (1s ... 24h, default 10m): an attempt that takes longer is stopped and counts as failed.
/// - `fake.directory` (string, required by the driver `fake`): where the make-believe machines live.
struct WorkerConfiguration {
    var database: PostgresConfiguration
    var poolSize: Int
    var options: WorkerOptions
    var wakeUps: WakeUps.Options
    var drivers: [String: any HypervisorDriver]

    private enum Driver: String, CaseIterable {
        case fake
    }

    init(_ sources: ProcessConfiguration) throws {
        let usesPreparedStatements = try sources.bool("database.prepared_statements", default: true)
        database = try sources.required("database.url") {
            try PostgresConfiguration(
                connectionString: $0,
                applicationName: "reprieve-worker",
                usesPreparedStatements: usesPreparedStatements
            )
        }
        poolSize = try sources.int("database.pool_size", default: 4, in: 2...64)
        let hosts = try Self.hosts(sources)
        let concurrency = try sources.int("worker.concurrency", default: 4, in: 1...512)
        options = WorkerOptions(
            workerID: Self.newWorkerID(),
            version: ProgramVersion.current,
            queues: Dictionary(hosts.map { ($0, concurrency) }, uniquingKeysWith: max),
            leaseDuration: try sources.duration(
                "worker.lease",
                default: .seconds(30),
                in: .seconds(1) ... .seconds(300)
            ),
            pollInterval: try Self.pause("worker.poll_interval", .seconds(5), sources),
            sweepInterval: try Self.pause("worker.sweep_interval", .seconds(10), sources),
            shutdownGrace: try sources.duration(
                "worker.shutdown_grace",
                default: .seconds(20),
                in: .zero ... .seconds(3600)
            ),
            retryPolicy: try Self.retryPolicy(sources),
            attemptLimit: try sources.duration(
                "worker.attempt_limit",
                default: .seconds(600),
                in: .seconds(1) ... .seconds(86400)
            )
        )
        wakeUps = WakeUps.Options(listenLimit: try sources.int("worker.listen_limit", default: 100, in: 1...10_000))
        drivers = try Self.drivers(for: hosts, sources)
    }

    private static func hosts(_ sources: ProcessConfiguration) throws(ConfigurationError) -> [String] {
        let hosts = try sources.strings("worker.hosts", default: [ProcessInfo.processInfo.hostName])
        let isName = { (host: String) in host.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,252}/) != nil }
        guard !hosts.isEmpty, hosts.allSatisfy(isName) else {
            throw ConfigurationError(
                .invalid,
                key: "worker.hosts",
                message:
                    "worker.hosts (REPRIEVE_WORKER_HOSTS) is \(hosts): expected names of letters, digits, dots, dashes"
                    + " and underscores, between commas"
            )
        }
        return hosts
    }

    /// A worker id is new at each start, so that nothing is mistaken for its namesake's.
    private static func newWorkerID() -> String {
        "\(ProcessInfo.processInfo.hostName)-\(UUID().uuidString.lowercased().prefix(8))"
    }

    private static func pause(
        _ key: String,
        _ usual: Duration,
        _ sources: ProcessConfiguration
    ) throws(ConfigurationError) -> Duration {
        try sources.duration(key, default: usual, in: .milliseconds(10) ... .seconds(300))
    }

    private static func retryPolicy(_ sources: ProcessConfiguration) throws(ConfigurationError) -> RetryPolicy {
        let base = try sources.duration(
            "worker.retry_base",
            default: .seconds(1),
            in: .milliseconds(1) ... .seconds(3600)
        )
        let cap = try sources.duration(
            "worker.retry_cap",
            default: max(base, .seconds(60)),
            in: base ... .seconds(86400)
        )
        return RetryPolicy(base: base, cap: cap)
    }

    private static func drivers(
        for hosts: [String],
        _ sources: ProcessConfiguration
    ) throws(ConfigurationError) -> [String: any HypervisorDriver] {
        _ = try sources.requiredString("worker.driver")
        switch try sources.choice("worker.driver", default: Driver.fake) {
        case .fake:
            return try sources.required("fake.directory") { directory in
                Dictionary(
                    try hosts.map { ($0, try FakeHypervisor(directory: directory, host: $0)) },
                    uniquingKeysWith: { first, _ in first }
                )
            }
        }
    }
}
