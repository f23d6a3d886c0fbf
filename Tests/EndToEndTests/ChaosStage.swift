import AsyncHTTPClient
import Compute
import Foundation
import Hypervisor
import Postgres
import TestSupport

/// Where a chaos run plays: a PostgreSQL of its own, ways to it that can be made bad, two API processes and three workers
/// that are replaced when they end, as systemd would, and the hardware of three hosts.
final class ChaosStage: Sendable {
    private struct Slots {
        var workers: [ChildProcess] = []
        var apis: [APIClient] = []
        /// What a fault is at work on.
        var busy: Set<String> = []
    }

    let fleet: Fleet
    let cluster: PostgresCluster
    /// One for each process, so that one can be cut off while others see that it is.
    let apiProxies: [TCPProxy]
    let workerProxies: [TCPProxy]
    let ledger = ChaosLedger()
    let roster = ChaosRoster()
    /// Says at once that nobody listens, so that its user can go to the other API.
    let http: HTTPClient
    private let slots = Guarded(Slots())

    init(_ fleet: Fleet, _ cluster: PostgresCluster) throws {
        (self.fleet, self.cluster) = (fleet, cluster)
        let socket = cluster.folder.appending(path: ".s.PGSQL.5432")
        apiProxies = try Self.apis.map { _ in try TCPProxy(to: socket) }
        workerProxies = try Self.workers.map { _ in try TCPProxy(to: socket) }
        var configuration = HTTPClient.Configuration.singletonConfiguration
        configuration.connectionPool.retryConnectionEstablishment = false
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    var proxies: [TCPProxy] { apiProxies + workerProxies }

    // MARK: Processes

    static let workers = 0..<3
    static let apis = 0..<2

    func worker(_ slot: Int) -> ChildProcess { slots.withLock { $0.workers[slot] } }

    func api(_ slot: Int) -> APIClient { slots.withLock { $0.apis[slot] } }

    /// Starts everything, and fills the hosts.
    func open() async throws {
        for name in ChaosSettings.hosts { try await script(nil, on: fleet.host(name)) }
        for slot in Self.apis {
            let api = try await startAPI(slot)
            slots.withLock { $0.apis.insert(api, at: slot) }
        }
        for slot in Self.workers {
            let worker = try await startWorker(slot)
            slots.withLock { $0.workers.insert(worker, at: slot) }
        }
        for number in 0..<ChaosSettings.servers {
            let target = ChaosRoster.Target(
                id: UUID(),
                project: ChaosSettings.projects[number % 3],
                host: ChaosSettings.hosts[number / 3 % 3],
                isLeftAlone: number < ChaosSettings.leftAlone
            )
            try await adopt(target)
        }
    }

    func replaceAPI(_ slot: Int) async throws {
        let api = try await startAPI(slot)
        slots.withLock { $0.apis[slot] = api }
    }

    func replaceWorker(_ slot: Int) async throws {
        let worker = try await startWorker(slot)
        slots.withLock { $0.workers[slot] = worker }
    }

    private func startAPI(_ slot: Int) async throws -> APIClient {
        var api = try await fleet.startAPI(environment: [
            "REPRIEVE_DATABASE_URL": address(of: apiProxies[slot]),
            // So few that a handful of callers has to wait.
            "REPRIEVE_DATABASE_POOL_SIZE": "3",
            "REPRIEVE_API_SHUTDOWN_GRACE": "5s",
        ])
        api.http = http
        return api
    }

    /// Each host has two workers, and no two workers have the same hosts.
    static func hosts(of slot: Int) -> [String] {
        [ChaosSettings.hosts[slot], ChaosSettings.hosts[(slot + 1) % 3]]
    }

    private func startWorker(_ slot: Int) async throws -> ChildProcess {
        let worker = try fleet.startWorker(
            lease: "\(ChaosSettings.lease.components.seconds)s",
            environment: [
                "REPRIEVE_DATABASE_URL": address(of: workerProxies[slot]),
                "REPRIEVE_DATABASE_POOL_SIZE": "2",
                "REPRIEVE_WORKER_HOSTS": Self.hosts(of: slot).joined(separator: ","),
                "REPRIEVE_WORKER_RETRY_CAP": "300ms",
                "REPRIEVE_WORKER_SHUTDOWN_GRACE": "1s",
                "REPRIEVE_WORKER_ATTEMPT_LIMIT": "8s",
            ]
        )
        // It works before it is the next fault's; or the hardware has killed it already, which is for the keeper to see.
        try await waitUntil(timeout: .seconds(30), "\(worker.name) works; it said:\n\(worker.output)") {
            worker.output.contains("message=working") || !worker.isRunning
        }
        return worker
    }

    private func address(of proxy: TCPProxy) -> String {
        "postgresql://postgres@127.0.0.1:\(proxy.port)/\(fleet.database.name)?sslmode=disable&gssencmode=disable"
    }

    // MARK: One fault at a time for each thing

    /// Runs `body` unless another fault is at work on the same thing.
    /// - Returns: whether it ran.
    func alone(on thing: String, _ body: () async throws -> Void) async rethrows -> Bool {
        guard slots.withLock({ $0.busy.insert(thing).inserted }) else { return false }
        defer { slots.withLock { _ = $0.busy.remove(thing) } }
        try await body()
        return true
    }

    // MARK: Keeping it going

    /// Starts anew what has ended, and follows up servers that were destroyed, until it is cancelled.
    func keep() async {
        while !Task.isCancelled {
            await keepProcesses()
            for target in roster.takeGone() { await follow(target) }
            // A cancelled pause is the end.
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Starts anew what has ended by itself.
    func keepProcesses() async {
        for slot in Self.workers {
            await keep("worker \(slot)", { self.worker(slot) }) { try await self.replaceWorker(slot) }
        }
        for slot in Self.apis {
            await keep("api \(slot)", { self.api(slot).process }) { try await self.replaceAPI(slot) }
        }
    }

    private func keep(
        _ name: String,
        _ process: () -> ChildProcess,
        _ replace: () async throws -> Void
    ) async {
        guard !process().isRunning else { return }
        do {
            _ = try await alone(on: name) {
                // A fault may have been at work on it, and have replaced it.
                let process = process()
                guard !process.isRunning else { return }
                try await noteEnd(of: process)
                try await replace()
            }
        } catch is CancellationError {
            // The end of the run; what is missing then is started by whoever mends.
        } catch {
            ledger.problem("\(name) did not come back: \(error)")
        }
    }

    /// Nobody here ended it, so it was a fault of the hardware or one of its own.
    private func noteEnd(of process: ChildProcess) async throws {
        let status = try await process.ended()
        if status == -SIGKILL {
            ledger.died()
        } else {
            ledger.problem("\(process.name) ended with \(status)")
        }
    }

    private func follow(_ target: ChaosRoster.Target) async {
        var next = target
        next.id = UUID()
        do {
            try await adopt(next)
        } catch is CancellationError {
            // The end of the run.
        } catch {
            ledger.problem("no server followed \(target.id.text): \(error)")
        }
    }

    private func adopt(_ target: ChaosRoster.Target) async throws {
        let name = "srv-\(target.id.text.prefix(8))"
        try await fleet.host(target.host).define(target.id, name: name, powerState: .running)
        let server = NewServer(
            id: target.id,
            projectID: target.project,
            userID: "ann",
            name: name,
            host: target.host
        )
        try await waitUntil(timeout: .seconds(30), "\(name) is adopted") {
            do {
                return try await fleet.store.adopt(server) != .conflict
            } catch let error as ComputeError where error.code.isRetryable {
                return false
            }
        }
        roster.add(target)
    }
}
