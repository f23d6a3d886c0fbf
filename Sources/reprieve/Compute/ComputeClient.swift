import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// The Compute API, as the commands use it. Every call throws ``CommandError``.
struct ComputeClient: Sendable {
    let endpoint: Endpoint
    private let http: HTTPClient

    /// Opens a client with what the environment says, for the time of `body`.
    static func open<Value: Sendable>(_ body: (ComputeClient) async throws -> Value) async throws -> Value {
        let endpoint = try Endpoint(environment: ProcessInfo.processInfo.environment)
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(10)
        // Who waits at a terminal is told at once; a command that has time tries again by itself.
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let result: Result<Value, any Error>
        do {
            result = .success(try await body(ComputeClient(endpoint: endpoint, http: http)))
        } catch {
            result = .failure(error)
        }
        try await http.shutdown()
        return try result.get()
    }

    /// Asks for something.
    /// - Parameter version: the microversion that its answer needs; nil is the first.
    func get(
        _ path: String...,
        query: [(String, String)] = [],
        version: String? = nil
    ) async throws(CommandError) -> ComputeAnswer {
        try await send("GET", path, query: query, version: version, json: nil, advice: nil)
    }

    /// Asks for an action on a server.
    func act(_ action: String, on server: String) async throws(CommandError) -> ComputeAnswer {
        try await send(
            "POST",
            ["servers", server, "action"],
            json: #"{"\#(action)": null}"#,
            advice: Self.conflictAdvice(server)
        )
    }

    /// Asks what would hinder the restore of a server.
    func previewRestore(of server: String) async throws(CommandError) -> ComputeAnswer {
        try await send("POST", ["servers", server, "action"], json: #"{"restore": {"dry_run": true}}"#, advice: nil)
    }

    /// Deletes a server.
    func delete(_ server: String) async throws(CommandError) -> ComputeAnswer {
        try await send("DELETE", ["servers", server], json: nil, advice: Self.conflictAdvice(server))
    }

    private static func conflictAdvice(_ server: String) -> String {
        "see: reprieve server show \(server)"
    }

    private func send(
        _ method: String,
        _ path: [String],
        query: [(String, String)] = [],
        version: String? = nil,
        json: String?,
        advice: String?
    ) async throws(CommandError) -> ComputeAnswer {
        var request = HTTPClientRequest(url: url(path, query))
        request.method = .init(rawValue: method)
        request.headers.add(name: "X-Auth-Token", value: endpoint.token)
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "reprieve/\(Reprieve.version)")
        if let version { request.headers.add(name: "X-OpenStack-Nova-API-Version", value: version) }
        if let json {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: json))
        }
        let answer = try await execute(request)
        if let refusal = answer.refusal(advice: advice) { throw refusal }
        return answer
    }

    private func execute(_ request: HTTPClientRequest) async throws(CommandError) -> ComputeAnswer {
        do {
            let response = try await http.execute(request, timeout: .seconds(30))
            let body = try await response.body.collect(upTo: Self.largestBody)
            let headers = response.headers
            return ComputeAnswer(
                status: Int(response.status.code),
                location: headers.first(name: "Location"),
                retryAfter: headers.first(name: "Retry-After").flatMap(Int.init).map(Duration.seconds),
                date: headers.first(name: "Date").flatMap(HTTPDate.parse),
                body: Data(buffer: body)
            )
        } catch {
            throw CommandError(
                .unreachable,
                "the API at \(endpoint.url) does not answer",
                advice: "is it the right URL (REPRIEVE_URL), and does reprieve-api run there?",
                cause: Self.plain(error)
            )
        }
    }

    /// The error without the transport's ornaments, where there is something plainer.
    private static func plain(_ error: any Error) -> any Error {
        guard let error = error as? IOError else { return error }
        return CommandError(.unreachable, String(cString: strerror(error.errnoCode)))
    }

    private func url(_ path: [String], _ query: [(String, String)]) -> String {
        let items = query.map { "\(Self.encode($0.0))=\(Self.encode($0.1))" }
        let path = path.map(Self.encode).joined(separator: "/")
        return "\(endpoint.url)/\(path)" + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
    }

    /// A thousand servers, the largest page, take about two mebibytes.
    private static let largestBody = 32 << 20

    private static func encode(_ text: String) -> String {
        let bytes = text.utf8.map { byte in
            let scalar = Unicode.Scalar(byte)
            let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isPlain || "-._~".unicodeScalars.contains(scalar)
                ? String(scalar) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return bytes.joined()
    }
}
