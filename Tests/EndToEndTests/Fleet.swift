import Compute
import Foundation
import Hypervisor
import Postgres
import TestSupport
import Testing

/// A whole Reprieve for one test: a database, API and worker processes, and the make-believe hardware.
final class Fleet: Sendable {
    static let hosts = ["compute-01", "compute-02"]
    static let owner = "ann:aaaa"

    let database: TestDatabase
    let folder: URL
    let store: ServerStore
    private let processes = Guarded([ChildProcess]())
    private let started = Guarded(0)

    private init(database: TestDatabase, folder: URL, pool: ConnectionPool) {
        self.database = database
        self.folder = folder
        store = ServerStore(pool: pool)
    }

    /// Runs `body` with a fleet on `database`, then ends every process.
    ///
    /// The logs of a run in which an expectation failed, or which threw, stay, and an issue says where.
    static func run(
        on database: TestDatabase = .current,
        _ body: @escaping @Sendable (Fleet) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "reprieve-fleet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await database.withPool(maximumConnections: 4) { pool in
            let fleet = Fleet(database: database, folder: folder, pool: pool)
            let issues = Guarded(0)
            let result: Result<Void, any Error>
            do {
                result = .success(try await counting(issues) { try await body(fleet) })
            } catch {
                result = .failure(error)
            }
            try await fleet.end()
            if case .success = result, issues.withLock({ $0 }) == 0 {
                try FileManager.default.removeItem(at: folder)
            } else {
                Issue.record("the logs of this run are in \(folder.path)")
            }
            try result.get()
        }
    }

    /// Runs `body` and counts the issues that are recorded meanwhile; they count for the test as ever.
    private static func counting(
        _ issues: Guarded<Int>,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        guard let test = Test.current else { preconditionFailure("a fleet runs within a test") }
        let trait = IssueHandlingTrait.compactMapIssues { issue in
            issues.withLock { $0 += 1 }
            return issue
        }
        try await trait.provideScope(for: test, testCase: Test.Case.current, performing: body)
    }

    private func end() async throws {
        for process in processes.withLock({ $0 }) {
            process.send(SIGCONT)
            process.crash()
            try await process.ended()
        }
    }

    // MARK: Processes

    func start(
        _ program: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:]
    ) throws -> ChildProcess {
        // Drawn and not counted: two that are started at once must not write into one log.
        let number = started.withLock { number in
            defer { number += 1 }
            return number
        }
        let all = ["REPRIEVE_DATABASE_URL": database.connectionString].merging(environment) { $1 }
        let process = try ChildProcess(
            program,
            arguments,
            environment: all,
            name: "\(program)-\(number)",
            folder: folder
        )
        processes.withLock { $0.append(process) }
        return process
    }

    /// Starts an API process on a free port and waits until it listens.
    func startAPI(environment: [String: String] = [:]) async throws -> APIClient {
        let usual = ["REPRIEVE_API_AUTH": "noauth", "REPRIEVE_API_PORT": "0", "REPRIEVE_API_HEALTH_PORT": "0"]
        let process = try start("reprieve-api", environment: usual.merging(environment) { $1 })
        let port = try await process.logged("listening", "http.port")
        return APIClient(process: process, base: "http://127.0.0.1:\(port)", token: Self.owner)
    }

    /// Starts a worker that serves both hosts with a short lease.
    @discardableResult
    func startWorker(
        lease: String = "2s",
        environment: [String: String] = [:]
    ) throws -> ChildProcess {
        let usual = [
            "REPRIEVE_WORKER_HOSTS": Self.hosts.joined(separator: ","),
            "REPRIEVE_WORKER_DRIVER": "fake",
            "REPRIEVE_FAKE_DIRECTORY": hardware,
            "REPRIEVE_WORKER_LEASE": lease,
            "REPRIEVE_WORKER_POLL_INTERVAL": "500ms",
            "REPRIEVE_WORKER_SWEEP_INTERVAL": "300ms",
            "REPRIEVE_WORKER_RETRY_BASE": "10ms",
            "REPRIEVE_WORKER_RETRY_CAP": "50ms",
        ]
        return try start("reprieve-worker", environment: usual.merging(environment) { $1 })
    }

    // MARK: Hardware and servers

    private var hardware: String { folder.appending(path: "hardware").path }

    func host(_ name: String = hosts[0]) throws -> FakeHypervisor {
        try FakeHypervisor(directory: hardware, host: name)
    }

    /// A running machine in our care.
    func adopt(name: String = "srv", host: String = hosts[0]) async throws -> UUID {
        let id = UUID()
        try await self.host(host).define(id, name: name, powerState: .running)
        let server = NewServer(id: id, projectID: "aaaa", userID: "ann", name: name, host: host)
        #expect(try await store.adopt(server) == .adopted)
        return id
    }

    func server(_ id: UUID) async throws -> Server {
        try #require(try await store.server(id, in: .all))
    }

    /// Waits until a server is at rest in a state.
    func waitFor(_ state: VMState, of ids: [UUID], timeout: Duration = .seconds(60)) async throws {
        var waiting = ids
        try await waitUntil(timeout: timeout, "all servers are \(state)") {
            for id in waiting {
                let server = try await server(id)
                guard server.vmState == state, server.taskState == nil else { return false }
                waiting.removeAll { $0 == id }
            }
            return true
        }
    }

    /// Waits for a live task of a server with this status.
    func waitForTask(_ status: String, of server: UUID) async throws {
        try await waitUntil(timeout: .seconds(30), "the task of \(server) is \(status)") {
            try await store.tasks(in: .all, server: server, status: status).isEmpty == false
        }
    }
}
