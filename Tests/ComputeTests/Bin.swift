import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

/// A recycle bin on the running test's database, with a worker that is played by hand: claims, then says how it went.
struct Bin: Sendable {
    static let host = "compute-01"
    static let owner = Caller(userID: "ann", projectID: "aaaa", scope: .project("aaaa"))
    static let stranger = Caller(userID: "bob", projectID: "bbbb", scope: .project("bbbb"))
    static let administrator = Caller(userID: "root", projectID: "cccc", scope: .all)

    let pool: ConnectionPool
    let store: ServerStore
    let queue: TaskQueue

    /// Runs `body` with the bin of the test's database.
    static func open(maximumConnections: Int = 16, _ body: (Bin) async throws -> Void) async throws {
        try await TestDatabase.current.withPool(maximumConnections: maximumConnections) { pool in
            try await body(
                Bin(pool: pool, store: ServerStore(pool: pool), queue: TaskQueue(pool: pool, functions: .compute))
            )
        }
    }

    static func requestID() -> String { "req-\(UUID().uuidString.lowercased())" }

    // MARK: The owner

    func adopt(name: String = "srv", project: String = "aaaa", host: String = Bin.host) async throws -> UUID {
        let id = UUID()
        let server = NewServer(id: id, projectID: project, userID: "ann", name: name, host: host)
        #expect(try await store.adopt(server) == .adopted)
        return id
    }

    func delete(_ id: UUID, by caller: Caller = owner) async throws -> RequestOutcome {
        try await store.delete(id, by: caller, requestID: Self.requestID())
    }

    func restore(_ id: UUID, by caller: Caller = owner, requestID: String = Self.requestID()) async throws
        -> RequestOutcome
    {
        try await store.restore(id, by: caller, requestID: requestID)
    }

    func forceDelete(_ id: UUID, by caller: Caller = owner) async throws -> RequestOutcome {
        try await store.forceDelete(id, by: caller, requestID: Self.requestID())
    }

    /// A server that lies in the bin.
    func softDeleted(name: String = "srv") async throws -> UUID {
        let id = try await adopt(name: name)
        _ = try await delete(id)
        try await work(.succeeded)
        return id
    }

    func server(_ id: UUID) async throws -> Server {
        try #require(try await store.server(id, in: .all))
    }

    // MARK: The worker

    /// Claims what there is.
    func claim(limit: Int = 100, lease: Duration = .seconds(30), hosts: [String] = [host]) async throws -> [QueuedTask]
    {
        try await queue.claim(
            ClaimRequest(
                workerID: "hand",
                kinds: Set(ServerTaskKind.allCases.map(\.rawValue)),
                queues: hosts.map { .init(name: $0, limit: limit) },
                leaseDuration: lease
            )
        ).tasks
    }

    /// Claims the only task there is and ends its attempt.
    @discardableResult
    func work(_ verb: TaskEnding.Verb, failure: TaskFailure? = nil) async throws -> FinishAnswer {
        let tasks = try await claim()
        try #require(tasks.count == 1)
        return try await finish(tasks[0], verb, failure: failure)
    }

    @discardableResult
    func finish(_ task: QueuedTask, _ verb: TaskEnding.Verb, failure: TaskFailure? = nil) async throws -> FinishAnswer {
        try #require(try await queue.finish([TaskEnding(lease: task.held, verb: verb, failure: failure)]).first)
    }

    /// A sweep of a worker that swept just before, by the test's clock, which is the database's.
    @discardableResult
    func sweep(previous: (sweptAt: Date, elapsed: Duration)? = nil, witness: Date? = nil) async throws -> SweepAnswer {
        try await queue.sweep(
            SweepRequest(mayRescue: true, previous: previous ?? (Date(), .zero), witness: witness)
        )
    }

    /// Claims the only task there is for a worker that dies at once, and finds its lease over.
    func loseLease() async throws {
        try #require(try await claim(lease: .zero).count == 1)
        #expect(try await sweep().rescued == 1)
    }

    // MARK: The clock and the hardware of the test

    /// Lets the retention of a soft-deleted server be over.
    func letRetentionPass(_ id: UUID) async throws {
        try await pool.execute(
            Statement("UPDATE compute.servers SET purge_at = clock_timestamp() - interval '1 second' WHERE id = $1"),
            [.uuid(id)]
        )
    }

    func execute(_ statement: Statement, _ values: [PostgresValue] = []) async throws {
        try await pool.execute(statement, values)
    }

    /// Runs statements that are no prepared ones.
    func run(_ sql: String) async throws {
        try await pool.withConnection { try await $0.runScript(sql) }
    }

    /// The column `value` of the only row.
    func value<Value: PostgresDecodable>(
        _ type: Value.Type,
        _ statement: Statement,
        _ parameters: [PostgresValue] = []
    ) async throws -> Value {
        let rows = try await pool.execute(statement, parameters)
        try #require(rows.count == 1)
        return try rows[0].decode(type, "value")
    }

    /// Sessions that wait for a lock in a statement that contains this text.
    func waiting(in text: String) async throws -> Int {
        try await value(
            Int.self,
            Statement(
                """
                SELECT count(*) AS value FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%' || $1 || '%'
                """
            ),
            [.text(text)]
        )
    }

    /// Hands the statistics of this session to the server; the flush comes when the session falls idle again.
    func flushStatistics() async throws {
        try await execute(Statement("SELECT pg_stat_force_next_flush()"))
        try await execute(Statement("SELECT 1"))
    }

    static let away = TaskFailure(
        isTransient: true,
        countsAsAttempt: false,
        code: "host_unreachable",
        reason: "The host does not answer.",
        cause: "connection refused"
    )
    static let broken = TaskFailure(
        isTransient: false,
        code: "permanent",
        reason: "The hypervisor reported a fault.",
        cause: "qemu said no"
    )
}
