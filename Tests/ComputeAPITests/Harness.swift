import Compute
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Logging
import TaskQueue

@testable import ComputeAPI

/// The whole API over servers in memory, asked without a socket.
struct Harness {
    static let host = "api.example:8774"
    static let base = "http://\(host)"
    static let member = "\(Sample.userID):\(Sample.projectID)"
    static let reader = "\(Sample.userID):\(Sample.projectID):reader"
    static let administrator = "\(Sample.userID):\(Sample.projectID):admin"
    static let stranger = "eve:\(Sample.otherProjectID)"

    let servers: MemoryServers
    let log = CapturedLog()
    let responder: ComputeResponder

    init(
        _ state: MemoryServers.State = .init(),
        authenticator: any Authenticator = NoAuthAuthenticator(),
        policy: Policy = Policy(),
        watch: TaskWatch? = nil,
        configure: (inout APISettings) -> Void = { _ in }
    ) {
        var settings = APISettings()
        settings.patience = .milliseconds(300)
        configure(&settings)
        servers = MemoryServers(state)
        responder = ComputeResponder(
            api: ComputeAPI(
                servers: servers,
                authenticator: authenticator,
                policy: policy,
                settings: settings,
                watch: watch
            ),
            logger: log.logger
        )
    }

    /// One soft-deleted server, or one in another state.
    init(server: Server, outcome: RequestOutcome = .accepted(task: Sample.taskID)) {
        var state = MemoryServers.State()
        state.servers = [server]
        state.outcomes = [.success(outcome)]
        self.init(state)
    }

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        token: String? = Harness.member,
        version: String? = nil,
        headers: HTTPFields = [:],
        body: [UInt8] = []
    ) async -> Reply {
        var head = HTTPRequest(method: method, scheme: "http", authority: Self.host, path: path, headerFields: headers)
        if let token { head.headerFields[.authToken] = token }
        if let version { head.headerFields[.openStackAPIVersion] = "compute \(version)" }
        if !body.isEmpty { head.headerFields[.contentLength] = "\(body.count)" }
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(bytes: body)))
        return await Reply(responder.respond(to: request, context: ConnectionContext()))
    }

    func get(_ path: String, token: String? = Harness.member, version: String? = nil) async -> Reply {
        await send(.get, path, token: token, version: version)
    }

    /// An action on the sample server, or on whatever the path says.
    func act(
        _ body: String,
        on path: String = "/v2.1/servers/\(Sample.id.text)/action",
        token: String? = Harness.member,
        version: String? = nil,
        headers: HTTPFields = [:]
    ) async -> Reply {
        await send(.post, path, token: token, version: version, headers: headers, body: Array(body.utf8))
    }
}
