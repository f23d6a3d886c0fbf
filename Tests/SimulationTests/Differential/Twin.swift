import Compute
import Foundation
import Postgres
import TestSupport
import Testing

@testable import TaskQueue

/// The model and the real functions side by side: each operation is played on both, and both must answer alike.
struct Twin {
    static let hosts = ["host-1", "host-2"]
    static let workers = ["worker-1", "worker-2", "worker-3"]
    static let owner = Caller(userID: "ann", projectID: "aaaa", scope: .project("aaaa"))

    var model: ModelDatabase
    var random: SplitMix64
    /// What was played, the latest last.
    var played: [String] = []
    /// Every lease ever granted, with its task as it was claimed.
    var leases: [QueuedTask] = []
    var requests: [String] = []
    let pool: ConnectionPool
    let store: ServerStore
    let queue: TaskQueue

    init(seed: UInt64, breakages: Set<ModelDatabase.Breakage>, pool: ConnectionPool) async throws {
        model = ModelDatabase(now: Date(timeIntervalSince1970: 1_800_000_000))
        model.breakages = breakages
        random = SplitMix64(seed: seed)
        self.pool = pool
        store = ServerStore(pool: pool)
        queue = TaskQueue(pool: pool, functions: .compute)
        // The one clock of every function stands still, so that both sides write the very same times.
        try await pool.withConnection { connection in
            try await connection.runScript(
                """
                CREATE OR REPLACE FUNCTION queue.clock_v1() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE
                AS $$ SELECT current_setting('reprieve.test_clock')::timestamptz $$;
                TRUNCATE queue.tasks, queue.history, queue.dead, queue.queues, compute.servers CASCADE;
                UPDATE compute.purge_guard SET last_seen_at = NULL, stopped_at = NULL, stopped_reason = NULL,
                    hour_started_at = NULL, hour_count = 0;
                UPDATE queue.settings SET lost_lease_limit = 3;
                UPDATE compute.settings SET max_attempts = 3, purges_per_hour = 4;
                """
            )
        }
        (model.lostLeaseLimit, model.maxAttempts, model.purgesPerHour) = (3, 3, 4)
        try await setClock()
        for _ in 1...7 { try await adoptServer() }
    }

    /// Adds a server; the destroyed ones stay, and are asked for too.
    mutating func adoptServer() async throws {
        let number = model.servers.count + 1
        let id = ModelDatabase.id(number, family: 0xB0)
        let host = Self.hosts[number % 2]
        model.adopt(id, host: host)
        let server = NewServer(id: id, projectID: "aaaa", userID: "ann", name: "srv", host: host)
        try await confirm(store.adopt(server) == .adopted, "adopting server \(number)")
    }

    func confirm(_ isTrue: Bool, _ what: @autoclosure () -> String) throws {
        guard isTrue else { throw Difference("\(what())\n\(played.suffix(40).joined(separator: "\n"))") }
    }

    func expect<Value: Equatable>(_ real: Value, is modelled: Value, _ what: String) throws {
        try confirm(real == modelled, "\(what): the database says \(real), the model \(modelled)")
    }

    mutating func setClock() async throws {
        let text = String(format: "%.1f", model.now.timeIntervalSince1970)
        try await pool.execute(
            Statement("SELECT set_config('reprieve.test_clock', to_timestamp($1::double precision)::text, false)"),
            [.double(Double(text))]
        )
    }

    /// Compares what is small and changes; positions, and ids that no answer told, become the database's.
    mutating func compareHot() async throws {
        try await adoptLiveTasks()
        try await compare(TableLines.hot, TableLines.hot(of: model))
    }

    func compareCold() async throws {
        try await compare(TableLines.cold, TableLines.cold(of: model))
    }

    private func compare(_ statement: Statement, _ modelled: [String]) async throws {
        let real = try await pool.execute(statement).map { try $0.decode(String.self, "line") }
        let (onlyReal, onlyModel) = (real.removing(modelled), modelled.removing(real))
        try confirm(
            onlyReal.isEmpty && onlyModel.isEmpty,
            "only the database: \(onlyReal), only the model: \(onlyModel)"
        )
    }

    private mutating func adoptLiveTasks() async throws {
        let rows = try await pool.execute(Statement("SELECT id, subject_id, request_id, position FROM queue.tasks"))
        for row in rows {
            let subject = try row.decode(UUID.self, "subject_id")
            guard let index = model.tasks.firstIndex(where: { $0.subject == subject }) else { continue }
            model.adopt(id: try row.decode(UUID.self, "id"), insteadOf: model.tasks[index].id)
            if model.tasks[index].kind == .purge {
                let request = try row.decode(String.self, "request_id")
                model.adopt(requestID: request, insteadOf: model.tasks[index].requestID)
            }
            let position = try row.decode(Int64.self, "position")
            // A position that the model drew anew must be new in the database too.
            try confirm(
                position == model.tasks[index].position
                    || model.tasks[index].position > lastPosition && position > lastPosition,
                "position \(position), in the model \(model.tasks[index].position)"
            )
            model.tasks[index].position = position
        }
        lastPosition = max(lastPosition, model.tasks.map(\.position).max() ?? 0)
        model.advance(position: lastPosition)
    }

    /// The highest position before the operation that is being compared.
    private var lastPosition: Int64 = 0
}

/// The two sides differ.
struct Difference: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

extension [String] {
    /// What is here more often than there.
    fileprivate func removing(_ others: [String]) -> [String] {
        var left = Dictionary(others.map { ($0, 1) }, uniquingKeysWith: +)
        return filter { line in
            guard let count = left[line], count > 0 else { return true }
            left[line] = count - 1
            return false
        }
    }
}
