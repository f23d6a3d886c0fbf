package import Foundation
package import Postgres
package import TaskQueue

/// Servers in the database: what is asked of them and what can be read about them.
///
/// The rules live in SQL functions (sql/functions/compute_*.sql); this calls them and explains their answers. Any
/// number of processes may use the same database. Every call throws ``ComputeError``.
///
/// Restores, deletes and reads of tasks that come at the same time share statements and commits, each with an answer of
/// its own; so one store is made for a pool and handed around. It needs no closing: who waits for its callers before
/// closing the pool loses nothing.
package struct ServerStore: Sendable {
    let pool: ConnectionPool
    let notifier: TaskNotifier?
    private let restores: Coalescer<AcceptRequest, Row>
    private let deletes: Coalescer<AcceptRequest, Row>
    private let taskReads: Coalescer<TaskRead, Row?>

    /// - Parameter notifier: wakes the workers after an accepted request; without one their poll finds it.
    package init(pool: ConnectionPool, notifier: TaskNotifier? = nil) {
        self.pool = pool
        self.notifier = notifier
        restores = Self.coalescer(pool, single: Self.restoreStatement, batch: Self.restoreBatchStatement)
        deletes = Self.coalescer(pool, single: Self.deleteStatement, batch: Self.deleteBatchStatement)
        taskReads = Self.taskCoalescer(pool)
    }

    // MARK: Requests

    /// Accepts the restore of a soft-deleted server.
    ///
    /// Repeating it with the same `requestID` gives the first answer, so an unknown outcome is answered by repeating.
    /// - Parameters:
    ///   - requestID: `req-` and a UUID; becomes the id of the action.
    ///   - traceContext: a W3C `traceparent`, handed on to the worker.
    package func restore(
        _ server: UUID,
        by caller: Caller,
        requestID: String,
        traceContext: String? = nil
    ) async throws -> RequestOutcome {
        let request = AcceptRequest(server: server, caller: caller, requestID: requestID, traceContext: traceContext)
        return try await outcome(of: Self.restoreStatement, on: server) { () throws(PostgresError) in
            try await restores.perform(request)
        }
    }

    /// Accepts the soft delete of a server; as ``restore(_:by:requestID:traceContext:)``.
    package func delete(
        _ server: UUID,
        by caller: Caller,
        requestID: String,
        traceContext: String? = nil
    ) async throws -> RequestOutcome {
        let request = AcceptRequest(server: server, caller: caller, requestID: requestID, traceContext: traceContext)
        return try await outcome(of: Self.deleteStatement, on: server) { () throws(PostgresError) in
            try await deletes.perform(request)
        }
    }

    /// Accepts the destruction of a server in any state; as ``restore(_:by:requestID:traceContext:)``.
    package func forceDelete(
        _ server: UUID,
        by caller: Caller,
        requestID: String,
        traceContext: String? = nil
    ) async throws -> RequestOutcome {
        let request = AcceptRequest(server: server, caller: caller, requestID: requestID, traceContext: traceContext)
        return try await outcome(of: Self.forceDeleteStatement, on: server) { () throws(PostgresError) in
            try await Self.only(pool.execute(Self.forceDeleteStatement, request.parameters))
        }
    }

    // MARK: Reads

    /// The server, or nil when there is none for this scope.
    /// - Parameter evenDestroyed: whether one that is hard-deleted counts.
    package func server(_ id: UUID, in scope: Scope, evenDestroyed: Bool = false) async throws -> Server? {
        try await read(
            Self.showStatement,
            [.uuid(id), .text(scope.projectID), .boolean(evenDestroyed)],
            Server.init
        ).first
    }

    /// One action of a server, or nil.
    package func action(_ requestID: String, of server: UUID) async throws -> ServerAction? {
        try await read(Self.actionStatement, [.uuid(server), .text(requestID)], ServerAction.init).first
    }

    /// The attempts of an action, newest first.
    package func events(of requestID: String) async throws -> [ServerEvent] {
        try await read(Self.eventsStatement, [.text(requestID)], ServerEvent.init)
    }

    /// A task of a server in this scope, wherever it stands in its life, or nil.
    package func task(_ id: UUID, in scope: Scope) async throws -> TaskRecord? {
        let request = TaskRead(id: id, scope: scope)
        return try await answer(to: Self.taskStatement) { () throws(PostgresError) in
            try await taskReads.perform(request)
        }.map { row in try decoded(Self.taskStatement) { try TaskRecord(row) } }
    }

    /// Tasks of the servers in this scope, newest first; each filter that is nil lets all pass.
    /// - Parameter marker: the last task of the page before.
    /// - Throws: also `.markerNotFound`.
    package func tasks(
        in scope: Scope,
        server: UUID? = nil,
        status: String? = nil,
        kind: String? = nil,
        marker: UUID? = nil,
        limit: Int = 1000
    ) async throws -> [TaskRecord] {
        try await read(
            Self.tasksStatement,
            [
                .text(scope.projectID), .uuid(server), .text(status), .text(kind), .uuid(marker),
                .integer(Int32(clamping: limit)),
            ],
            TaskRecord.init
        )
    }

    // MARK: The worker's

    /// The last look before a server is destroyed; `.destroy` is recorded, so that nothing calls it off any more.
    /// - Throws: also `.leaseLost`.
    package func beginDestroy(task: UUID, token: Int64) async throws -> LastLook {
        let answers = try await read(Self.beginDestroyStatement, [.uuid(task), .bigint(token)]) { row in
            let word = try row.decode(String.self, "last_look")
            guard let look = LastLook(rawValue: word) else {
                throw ComputeError(.malformedRow, "the last look \(word) is unknown to this build")
            }
            return look
        }
        guard let answer = answers.first else { throw ComputeError(.malformedRow, "the last look gave no row") }
        return answer
    }

    /// Whether a server is destroyed, as its database row says at the last moment.
    package enum LastLook: String, Sendable, Hashable {
        case destroy
        /// It must live, and nothing has touched it.
        case spare
        /// It must live or is gone already: an attempt before this one may have destroyed it and not said so.
        case look
    }

    // MARK: The operator's

    /// What ``adopt(_:)`` did.
    package enum Adoption: String, Sendable, Hashable {
        case adopted
        /// It was in our care before, with the same owner and host.
        case already
        /// It is known with another owner or host, or was destroyed.
        case conflict
    }

    /// Takes a server that lives on a host into Reprieve's care.
    package func adopt(_ server: NewServer) async throws -> Adoption {
        let answer = try await read(
            Self.adoptStatement,
            [
                .uuid(server.id), .text(server.projectID), .text(server.userID), .text(server.name),
                .text(server.host), .integer(Int32(server.isRunning ? 1 : 4)),
                .jsonb(try JSONText.encode(server.flavor)),
                .text(server.imageID), .jsonb(try JSONText.encode(server.metadata)),
            ]
        ) { try $0.decode(String.self, "outcome") }
        guard let outcome = answer.first.flatMap(Adoption.init(rawValue:)) else {
            throw ComputeError(.malformedRow, "adopting server \(server.id) gave \(answer)")
        }
        return outcome
    }

    /// What the bin holds and how it is kept.
    package func binStatus() async throws -> BinStatus {
        guard let status = try await read(Self.binStatusStatement, [], BinStatus.init).first else {
            throw ComputeError(.malformedRow, "the settings of the bin are missing")
        }
        return status
    }

    /// Keeps servers that are deleted from now on for so long; `purge_at` of the others does not move.
    package func setRetention(_ retention: Duration) async throws {
        _ = try await run(Self.setRetentionStatement, [.interval(retention)])
    }

    /// An operator says that the clock is right: purging goes on.
    /// - Returns: why it stood still; nil when it did not.
    package func resumePurging() async throws -> String? {
        try await read(Self.resumePurgingStatement, []) { try $0.decode(String?.self, "reason") }.first ?? nil
    }
}

/// A server to be adopted.
package struct NewServer: Sendable, Hashable {
    /// The machine's id on its host, which it keeps.
    package var id: UUID
    /// Its owner's project: 1 ... 255 out of 0-9, a-f and the dash.
    package var projectID: String
    /// Its owner, not empty.
    package var userID: String
    /// 1 ... 255 characters.
    package var name: String
    /// The host it lives on, which is the name of its queue: 1 ... 253 letters, digits, dots, dashes, underscores.
    package var host: String
    /// Whether it is powered on now.
    package var isRunning: Bool
    /// Its size, which counts against quotas.
    package var flavor: Flavor
    /// The image it was made of, or nil.
    package var imageID: String?
    /// Its owner's own keys and values.
    package var metadata: [String: String]

    /// Describes a server to be adopted; nothing happens to the machine.
    package init(
        id: UUID,
        projectID: String,
        userID: String,
        name: String,
        host: String,
        isRunning: Bool = true,
        flavor: Flavor = Flavor(),
        imageID: String? = nil,
        metadata: [String: String] = [:]
    ) {
        self.id = id
        self.projectID = projectID
        self.userID = userID
        self.name = name
        self.host = host
        self.isRunning = isRunning
        self.flavor = flavor
        self.imageID = imageID
        self.metadata = metadata
    }
}
