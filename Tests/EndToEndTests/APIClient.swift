import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// Speaks to one API process as any client does.
struct APIClient: Sendable {
    let process: ChildProcess
    let base: String
    var token: String
    /// The microversion that is asked for, such as `2.84`; nil leaves the choice to the server.
    var version: String?
    /// What it sends with.
    var http = HTTPClient.shared

    struct Answer: Sendable {
        var status: Int
        var headers: [String: String]
        var body: Data

        /// The JSON value at a path of keys and indexes, or nil.
        func value(_ path: String...) throws -> String? { try value(path) }

        func value(_ path: [String]) throws -> String? {
            var value = try JSONSerialization.jsonObject(with: body)
            for key in path {
                if let index = Int(key), let array = value as? [Any], array.indices.contains(index) {
                    value = array[index]
                } else if let object = value as? [String: Any], let next = object[key] {
                    value = next
                } else {
                    return nil
                }
            }
            return value is NSNull ? nil : "\(value)"
        }
    }

    func send(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        as type: String = "application/json"
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: path.hasPrefix("http") ? path : base + path)
        request.method = .RAW(value: method)
        request.headers.add(name: "X-Auth-Token", value: token)
        if let version { request.headers.add(name: "OpenStack-API-Version", value: "compute \(version)") }
        if let body {
            request.headers.add(name: "Content-Type", value: type)
            request.body = .bytes(ByteBuffer(string: body))
        }
        let response = try await http.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        return Answer(
            status: Int(response.status.code),
            headers: Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first },
            body: Data(buffer: bytes)
        )
    }

    func restore(_ server: UUID) async throws -> Answer {
        try await send("POST", "/v2.1/aaaa/servers/\(server.text)/action", #"{"restore": null}"#)
    }

    func delete(_ server: UUID) async throws -> Answer {
        try await send("DELETE", "/v2.1/aaaa/servers/\(server.text)")
    }

    /// One action of a server with its events.
    func action(_ request: String, on server: UUID) async throws -> Answer {
        try await send("GET", "/v2.1/servers/\(server.text)/os-instance-actions/\(request)")
    }

    /// The same API, as somebody else or at another microversion.
    func asking(as token: String, version: String? = nil) -> APIClient {
        var client = self
        (client.token, client.version) = (token, version)
        return client
    }

    func show(_ server: UUID) async throws -> Answer {
        try await send("GET", "/v2.1/aaaa/servers/\(server.text)")
    }
}

extension UUID {
    /// As the wire has it.
    var text: String { uuidString.lowercased() }
}
