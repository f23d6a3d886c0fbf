import Foundation
import HTTPTypes
import Hummingbird
import Synchronization
import Testing

/// An answer as a client gets it.
struct Reply {
    let status: Int
    let headers: HTTPFields
    let body: [UInt8]

    init(_ response: Response) async {
        status = response.status.code
        headers = response.headers
        let collected = Collected()
        do {
            try await response.body.write(collected)
        } catch {
            Issue.record(error, "the body could not be written")
        }
        body = collected.bytes.withLock { $0 }
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    subscript(_ name: String) -> String? {
        HTTPField.Name(name).flatMap { headers[$0] }
    }

    func json() throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
    }

    /// The object under a key.
    func object(_ name: String) throws -> [String: Any] {
        try #require(try json()[name] as? [String: Any])
    }

    /// The objects under a key.
    func list(_ name: String) throws -> [[String: Any]] {
        try #require(try json()[name] as? [[String: Any]])
    }

    /// Checks a refusal: status, the one key of the body, and its message.
    func expectFault(
        _ status: Int,
        _ name: String,
        _ message: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(self.status == status, sourceLocation: sourceLocation)
        #expect(self["content-type"] == "application/json; charset=UTF-8", sourceLocation: sourceLocation)
        let fault = try #require(try json()[name] as? [String: Any], "\(text)", sourceLocation: sourceLocation)
        #expect(fault["code"] as? Int == status, sourceLocation: sourceLocation)
        #expect(fault["message"] as? String == message, sourceLocation: sourceLocation)
    }

    private final class Collected: ResponseBodyWriter {
        let bytes = Mutex<[UInt8]>([])

        func write(_ buffer: ByteBuffer) async throws {
            bytes.withLock { $0 += buffer.readableBytesView }
        }

        func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
