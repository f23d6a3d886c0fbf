import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

/// An answer that Nova gave, to be compared with one of ours.
struct NovaSample: Sendable {
    private let text: String

    init(_ text: String) {
        self.text = text
    }

    /// What stands for the names in angle brackets.
    private static let values = [
        "<BASE>": Harness.base, "<ID>": Sample.id.text, "<ID2>": Sample.id.text, "<UUID>": Sample.imageID,
        "<TS_Z>": "2026-11-23T10:00:00Z", "<TS_US>": "2026-11-23T10:00:00.123456", "<PROJECT_A>": Sample.projectID,
        "<HEX32>": Sample.userID, "<HOSTID>": HostID.make(host: Sample.host, projectID: Sample.projectID),
        "<REQ0>": Sample.requestID, "<REQ1>": Sample.requestID, "<REQ2>": Sample.requestID, "<REQ>": Sample.requestID,
        "<TRACEBACK>": Sample.cause,
    ]

    /// Compares everything but the keys that only Reprieve has.
    func expect(_ reply: Reply, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let filled = Self.values.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
        let sample = try #require(JSONSerialization.jsonObject(with: Data(filled.utf8)) as? [String: Any])
        #expect(reply.status == sample["status"] as? Int, sourceLocation: sourceLocation)
        let headers = try #require(sample["headers"] as? [String: Any])
        try compare(headers, reply, sourceLocation)
        if let body = sample["body"] as? String {
            #expect(reply.text == body, sourceLocation: sourceLocation)
        } else {
            let body = try #require(sample["body"])
            #expect(
                try Self.canonical(Self.withoutOurs(reply.json())) == Self.canonical(body),
                sourceLocation: sourceLocation
            )
        }
    }

    private func compare(_ headers: [String: Any], _ reply: Reply, _ sourceLocation: SourceLocation) throws {
        for case let (name, value as String) in headers where !name.hasSuffix("request-id") {
            #expect(reply[name] == value, "\(name)", sourceLocation: sourceLocation)
        }
        if headers["_request_ids_equal"] is NSNull {
            #expect(reply["x-openstack-request-id"] == nil, sourceLocation: sourceLocation)
        } else {
            let id = try #require(reply["x-openstack-request-id"], sourceLocation: sourceLocation)
            #expect(RequestID.matches(id), sourceLocation: sourceLocation)
            #expect(reply["x-compute-request-id"] == id, sourceLocation: sourceLocation)
        }
        if headers["openstack-api-version"] == nil {
            #expect(reply["openstack-api-version"] == nil, sourceLocation: sourceLocation)
        }
        #expect(reply["content-length"] == "\(reply.body.count)", sourceLocation: sourceLocation)
    }

    private static func withoutOurs(_ value: Any) -> Any {
        switch value {
        case let object as [String: Any]:
            object.filter { !$0.key.hasPrefix("reprieve:") }.mapValues(withoutOurs)
        case let array as [Any]: array.map(withoutOurs)
        default: value
        }
    }

    /// Text in which `false` and `0` differ.
    private static func canonical(_ value: Any) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: value, options: .sortedKeys), as: UTF8.self)
    }
}
