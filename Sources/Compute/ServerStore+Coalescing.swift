import Foundation
import Postgres

/// A request for a change of a server, as it stands in line for a batch.
struct AcceptRequest: Sendable {
    let server: UUID
    let caller: Caller
    let requestID: String
    let traceContext: String?

    var parameters: [PostgresValue] {
        [
            .uuid(server), .text(caller.scope.projectID), .text(caller.projectID), .text(caller.userID),
            .text(requestID), .text(traceContext),
        ]
    }

    static func parameters(of requests: [AcceptRequest]) -> [PostgresValue] {
        [
            .uuids(requests.map(\.server)), .texts(requests.map(\.caller.scope.projectID)),
            .texts(requests.map(\.caller.projectID)), .texts(requests.map(\.caller.userID)),
            .texts(requests.map(\.requestID)), .texts(requests.map(\.traceContext)),
        ]
    }
}

/// A question for one task, as it stands in line for a batch.
struct TaskRead: Sendable, Hashable {
    let id: UUID
    let scope: Scope
}

/// How calls that come at the same time become one statement.
extension ServerStore {
    /// Restores and deletes; both forms take the same parameters, singly and as arrays.
    static func coalescer(
        _ pool: ConnectionPool,
        single: Statement,
        batch: Statement
    ) -> Coalescer<AcceptRequest, Row> {
        Coalescer { (request) throws(PostgresError) in
            try only(await pool.execute(single, request.parameters))
        } batch: { (requests) throws(PostgresError) in
            let rows = try await pool.execute(batch, AcceptRequest.parameters(of: requests))
            return try inOrder(rows, by: "place", count: requests.count).map { (row) throws(PostgresError) in
                guard let row else { throw wrongCount(rows) }
                return row
            }
        }
    }

    /// A task that is not there has no row.
    static func taskCoalescer(_ pool: ConnectionPool) -> Coalescer<TaskRead, Row?> {
        Coalescer { (read) throws(PostgresError) in
            try await pool.execute(taskStatement, [.uuid(read.id), .text(read.scope.projectID)]).first
        } batch: { (reads) throws(PostgresError) in
            // Many may wait for one task: it is read once for all of them.
            let questions = Array(Set(reads))
            let rows = try await pool.execute(
                taskBatchStatement,
                [.uuids(questions.map(\.id)), .texts(questions.map(\.scope.projectID))]
            )
            let found = try inOrder(rows, by: "number", count: questions.count)
            let answers = Dictionary(zip(questions, found)) { first, _ in first }
            return reads.map { answers[$0] ?? nil }
        }
    }

    static func only(_ rows: Rows) throws(PostgresError) -> Row {
        guard rows.count == 1, let row = rows.first else { throw wrongCount(rows) }
        return row
    }

    /// The rows at the places that `column` names, from 1.
    private static func inOrder(_ rows: Rows, by column: String, count: Int) throws(PostgresError) -> [Row?] {
        var ordered = [Row?](repeating: nil, count: count)
        for row in rows {
            let index = Int(try row.decode(Int64.self, column)) - 1
            guard ordered.indices.contains(index) else { throw wrongCount(rows) }
            ordered[index] = row
        }
        return ordered
    }

    private static func wrongCount(_ rows: Rows) -> PostgresError {
        PostgresError(.decoding, "The answer has \(rows.count) rows, which is not what was asked.", retry: .never)
    }
}
