import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// The two calls of Keystone's that we need, bounded in time, in size and in connections.
struct KeystoneClient: Sendable {
    /// What Keystone says of somebody's token.
    enum Validation: Sendable {
        case answer(KeystoneAnswer)
        /// There is no such token, or no longer.
        case nobodys
        /// It is our own token that Keystone does not take.
        case ownTokenRefused
    }

    private struct Response {
        var status: HTTPResponseStatus
        var subjectToken: String?
        var body: Data
    }

    private let configuration: KeystoneConfiguration
    private let http: HTTPClient
    /// Some KiB are usual, since the catalog is not asked for.
    private static let largestBody = 1 << 20

    /// Opens nothing yet. ``shutDown()`` must be called in the end.
    /// - Parameter connections: at most; further calls wait in line, as long as a call may take.
    init(_ configuration: KeystoneConfiguration, connections: Int) {
        self.configuration = configuration
        // A redirection would carry our token to wherever it leads.
        var settings = HTTPClient.Configuration(redirectConfiguration: .disallow)
        settings.httpVersion = .http1Only
        settings.timeout.connect = TimeAmount(configuration.timeout)
        settings.connectionPool.retryConnectionEstablishment = false
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = connections
        // Apache hangs up after five seconds, and a request must not meet that.
        settings.connectionPool.idleTimeout = .seconds(4)
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: settings)
    }

    /// Ends the connections.
    func shutDown() async throws {
        try await http.shutdown()
    }

    /// Gets a token of our own.
    /// - Throws: ``IdentityError`` `.refused`, `.unavailable`.
    func logIn() async throws(IdentityError) -> (token: Secret, answer: KeystoneAnswer) {
        let response = try await exchange("POST", "/v3/auth/tokens") { request in
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(data: try configuration.login.request()))
        }
        switch response.status {
        case .created:
            guard let token = response.subjectToken else { throw unavailable("gives a token that is none") }
            return (Secret(token), try decode(response))
        case .unauthorized, .forbidden: throw refused
        case .notFound where isAboutUs(response): throw refused
        case .notFound:
            throw unavailable("has no /v3/auth/tokens: is that its URL?")
        default:
            throw unavailable("answers \(response.status.code) when we log in")
        }
    }

    private var refused: IdentityError {
        IdentityError(
            .refused,
            "Keystone at \(configuration.url) refuses our \(configuration.login): wrong credentials, or no role there"
        )
    }

    /// Whether it is our application credential that Keystone does not find: then it names it.
    private func isAboutUs(_ response: Response) -> Bool {
        guard case .applicationCredential(let id, _) = configuration.login else { return false }
        return String(decoding: response.body, as: UTF8.self).contains(id)
    }

    /// Asks whose token it is, without the catalog.
    /// - Parameter token: visible ASCII only.
    /// - Throws: ``IdentityError`` `.refused` when we may not ask, `.unavailable`.
    func validate(_ token: String, with own: Secret) async throws(IdentityError) -> Validation {
        let response = try await exchange("GET", "/v3/auth/tokens?nocatalog") { request in
            request.headers.add(name: "X-Auth-Token", value: own.text)
            request.headers.add(name: "X-Subject-Token", value: token)
        }
        switch response.status {
        case .ok: return .answer(try decode(response))
        case .notFound: return .nobodys
        case .unauthorized: return .ownTokenRefused
        case .forbidden:
            throw IdentityError(
                .refused,
                "Keystone at \(configuration.url) does not let our \(configuration.login) validate tokens: "
                    + "it needs the role service or admin there"
            )
        default: throw unavailable("answers \(response.status.code) when asked about a token")
        }
    }

    private func exchange(
        _ method: String,
        _ path: String,
        _ complete: (inout HTTPClientRequest) throws -> Void
    ) async throws(IdentityError) -> Response {
        do {
            var request = HTTPClientRequest(url: configuration.url + path)
            request.method = .init(rawValue: method)
            request.headers.add(name: "Accept", value: "application/json")
            request.headers.add(name: "User-Agent", value: "reprieve-api")
            try complete(&request)
            return try await withTimeout { [request] in try await send(request) }
        } catch let error as IdentityError {
            throw error
        } catch {
            throw unavailable("does not answer", cause: error)
        }
    }

    private func send(_ request: HTTPClientRequest) async throws -> Response {
        let response = try await http.execute(request, deadline: .distantFuture)
        let body = try await response.body.collect(upTo: Self.largestBody)
        return Response(
            status: response.status,
            subjectToken: response.headers.first(name: "X-Subject-Token"),
            body: Data(buffer: body)
        )
    }

    /// The HTTP client's own deadline ends with the head of the answer; this one covers the body too.
    private func withTimeout(_ work: @escaping @Sendable () async throws -> Response) async throws -> Response {
        try await withThrowingTaskGroup(of: Response.self) { group in
            group.addTask(operation: work)
            group.addTask {
                try await Task.sleep(for: configuration.timeout)
                throw unavailable("does not answer within \(configuration.timeout)")
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() else { throw CancellationError() }
            return response
        }
    }

    private func decode(_ response: Response) throws(IdentityError) -> KeystoneAnswer {
        do {
            return try JSONDecoder().decode(KeystoneAnswer.self, from: response.body)
        } catch {
            throw unavailable("gives an answer that cannot be read", cause: error)
        }
    }

    private func unavailable(_ what: String, cause: (any Error)? = nil) -> IdentityError {
        IdentityError(.unavailable, "Keystone at \(configuration.url) \(what)", cause: cause)
    }
}

extension KeystoneClient: CustomReflectable {
    /// Without the connections, which remember the tokens of requests for a while.
    var customMirror: Mirror { Mirror(self, children: ["configuration": configuration]) }
}
