package import Foundation
import Postgres

/// Lists, a page at a time. Each call throws ``ComputeError``.
extension ServerStore {
    /// One page of servers.
    /// - Throws: also `.markerNotFound`, `.invalidPattern`.
    package func servers(_ query: ServerQuery) async throws -> [Server] {
        var order = query.order
        let isDescending = order.first?.isDescending ?? true
        // No two servers are alike in this, so that pages neither lose nor repeat one.
        if !order.contains(where: { $0.column == .id }) { order.append(.init(.id, isDescending: isDescending)) }
        return try await read(
            Self.listStatement,
            [
                .text(query.scope.projectID), .texts(query.states.map(\.rawValue)),
                .texts(query.conditions.map(\.column.rawValue)), .texts(query.conditions.map(\.sign)),
                .texts(query.conditions.map(\.text)), .texts(order.map(\.column.rawValue)),
                .booleans(order.map(\.isDescending)), .uuid(query.marker), .integer(Int32(clamping: query.limit)),
            ],
            Server.init
        )
    }

    /// What was asked of a server, newest first. The caller has made sure that the server may be seen.
    /// - Throws: also `.markerNotFound`.
    package func actions(of server: UUID, _ query: ActionQuery = ActionQuery()) async throws -> [ServerAction] {
        try await read(
            Self.actionsStatement,
            [
                .uuid(server), .timestamp(query.since), .timestamp(query.until), .text(query.marker),
                .integer(Int32(clamping: query.limit)),
            ],
            ServerAction.init
        )
    }

    /// The newest failure of each of these servers that has one.
    package func faults(of servers: [UUID]) async throws -> [UUID: ServerFault] {
        let faults = try await read(Self.faultsStatement, [.uuids(servers)]) { row in
            (try row.decode(UUID.self, "server_id"), try ServerFault(row))
        }
        return Dictionary(faults) { first, _ in first }
    }

    private static let listStatement = Statement(
        "SELECT * FROM compute.list_servers_v2($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    )
    private static let actionsStatement = Statement("SELECT * FROM compute.list_actions_v2($1, $2, $3, $4, $5)")
    private static let faultsStatement = Statement("SELECT * FROM compute.list_faults_v1($1)")
}

/// How something last went wrong with a server.
package struct ServerFault: Sendable, Hashable {
    /// When the attempt failed.
    package var failedAt: Date
    /// A sentence that the owner may read.
    package var reason: String?
    /// The raw cause, for administrators.
    package var cause: String?

    /// Describes a failure: the sentence for the owner, and the cause for administrators.
    package init(failedAt: Date, reason: String? = nil, cause: String? = nil) {
        self.failedAt = failedAt
        self.reason = reason
        self.cause = cause
    }
}

extension ServerFault {
    fileprivate init(_ row: Row) throws {
        failedAt = try row.decode(Date.self, "failed_at")
        reason = try row.decode(String?.self, "reason")
        cause = try row.decode(String?.self, "cause")
    }
}
