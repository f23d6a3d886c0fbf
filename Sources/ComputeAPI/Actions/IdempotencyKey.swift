import Compute
import Crypto
import Foundation
import HTTPTypes
import Identity

/// The header `Idempotency-Key`: a name that a client gives a request, to repeat it without repeating what it did.
struct IdempotencyKey {
    private let text: String

    /// - Returns: nil when there is no such header.
    /// - Throws: ``APIFault`` `.badRequest` unless it is one of 1 ... 255 printable ASCII characters.
    init?(_ headers: HTTPFields) throws(APIFault) {
        let values = headers[values: .idempotencyKey]
        guard let text = values.first else { return nil }
        guard values.count == 1, (1...255).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { throw APIFault(.badRequest, "An Idempotency-Key has 1 to 255 printable ASCII characters.") }
        self.text = text
    }

    /// The key of a project for what is asked: the method, the server, and the body byte by byte. The key itself is not
    /// kept.
    func hashed(_ request: APIRequest) -> ClientKey {
        ClientKey(
            hash: Self.hash([request.credentials.projectID, text], []),
            requestHash: Self.hash(["\(request.call.method)", request.serverText], request.call.body)
        )
    }

    private static func hash(_ parts: [String], _ bytes: [UInt8]) -> UUID {
        var hash = SHA256()
        for part in parts { hash.update(data: Array("\(part.utf8.count) \(part)".utf8)) }
        hash.update(data: bytes)
        let digest = Array(hash.finalize().prefix(16))
        return NSUUID(uuidBytes: digest) as UUID
    }
}

extension ComputeAPI {
    /// Makes a request on a server, under the caller's key if there is one.
    ///
    /// With a key a request that was accepted is answered again as it was, also after a crash between its commit and its
    /// answer; one that was refused changed nothing and is tried again.
    func keyed(_ request: APIRequest, _ change: (APIRequest) async throws -> RequestOutcome) async throws -> Keyed {
        guard let key = try IdempotencyKey(request.call.headers)?.hashed(request) else {
            return Keyed(requestID: request.id, outcome: try await change(request))
        }
        let persistence = Persistence(patience: settings.patience)
        switch try await persistence.read({ try await servers.useKey(key, requestID: request.id) }) {
        case .taken:
            throw APIFault(.unprocessable, "This Idempotency-Key was used for another request.")
        case .answered(let id, let task):
            return Keyed(requestID: id, outcome: .already(task: task))
        case .request(let id):
            var request = request
            request.id = id
            let outcome = try await change(request)
            if case .already(let task) = outcome {
                try await Persistence.afterChange {
                    try await persistence.read { try await servers.keepAnswer(task, for: key, requestID: id) }
                }
            }
            return Keyed(requestID: id, outcome: outcome)
        }
    }

    /// What became of a request, and the id of the first that was made under the same key.
    struct Keyed {
        let requestID: String
        let outcome: RequestOutcome
    }
}
