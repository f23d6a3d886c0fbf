package import Foundation
import Postgres

/// A key by which a client repeats a request without repeating what it did, and what was asked with it, as hashes.
package struct ClientKey: Sendable, Hashable {
    /// Of the project and the key.
    package var hash: UUID
    /// Of what is asked.
    package var requestHash: UUID

    /// Names a key and what was asked with it by their hashes: the texts themselves are not kept.
    package init(hash: UUID, requestHash: UUID) {
        self.hash = hash
        self.requestHash = requestHash
    }
}

/// What a client's key stands for.
package enum KeyUse: Sendable, Hashable {
    /// For the request with this id: what had been accepted under it is answered again.
    case request(id: String)
    /// For a request to which the answer was that there was nothing to do, and this task was at it already.
    case answered(id: String, task: UUID?)
    /// For a request for something else.
    case taken
}

/// Clients' keys, each of which is kept for 24 hours. Each call throws ``ComputeError``.
extension ServerStore {
    /// Finds out what a key stands for; a new one stands for `requestID` from now on.
    ///
    /// The request that follows is to be made under the id that this gives. Repeating it is safe.
    package func useKey(_ key: ClientKey, requestID: String) async throws -> KeyUse {
        try await only(of: Self.useKeyStatement, [.uuid(key.hash), .uuid(key.requestHash), .text(requestID)]) { row in
            guard try row.decode(Bool.self, "matches") else { return .taken }
            let id = try row.decode(String.self, "request_id")
            guard try row.decode(Bool.self, "is_answered") else { return .request(id: id) }
            return .answered(id: id, task: try row.decode(UUID?.self, "task_id"))
        }
    }

    /// Keeps the answer to a key where no action does: there was nothing to do.
    /// - Parameter task: the one that was at it already.
    package func keepAnswer(_ task: UUID?, for key: ClientKey, requestID: String) async throws {
        _ = try await run(Self.answerKeyStatement, [.uuid(key.hash), .text(requestID), .uuid(task)])
    }

    private static let useKeyStatement = Statement("SELECT * FROM compute.use_key_v1($1, $2, $3)")
    private static let answerKeyStatement = Statement("SELECT compute.answer_key_v1($1, $2, $3)")
}
