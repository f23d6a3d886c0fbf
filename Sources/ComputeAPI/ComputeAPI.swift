import Compute
import Foundation
import HTTPTypes
package import Identity
package import TaskQueue

/// The Compute API: takes a request and gives the answer. It knows no sockets.
package struct ComputeAPI: Sendable {
    let servers: any ServerService
    let authenticator: any Authenticator
    let policy: Policy
    let settings: APISettings
    let watch: TaskWatch?

    /// - Parameters:
    ///   - servers: what is asked about servers.
    ///   - authenticator: finds out whose token it is.
    ///   - policy: who may do what.
    ///   - settings: what the operator chose.
    ///   - watch: wakes callers who would wait for a task; nil answers everybody at once.
    package init(
        servers: any ServerService,
        authenticator: any Authenticator,
        policy: Policy = Policy(),
        settings: APISettings = APISettings(),
        watch: TaskWatch? = nil
    ) {
        self.servers = servers
        self.authenticator = authenticator
        self.policy = policy
        self.settings = settings
        self.watch = watch
    }

    /// Answers a request; whatever goes wrong becomes an answer too.
    func answer(_ call: APICall) async -> Answer {
        let entry = EntryPoint(call.target)
        if entry == .versionList { return Answer(versionDocuments(call).list) }
        // Nova's outermost layer answers these, whether there is such a route or not.
        if call.method == .options { return Answer(status: .ok) }
        switch entry {
        case .description where call.routedMethod == .get: return Answer(OpenAPI.document)
        case .choices, .description:
            return Answer(status: .multipleChoices, versionDocuments(call).choices(call.target))
        case .v2: return await answer(call, isVersioned: false)
        default: return await answer(call, isVersioned: true)
        }
    }

    /// - Parameter isVersioned: whether microversions are spoken here.
    private func answer(_ call: APICall, isVersioned: Bool) async -> Answer {
        var stage = Stage()
        var answer: Answer
        do {
            answer = try await route(call, isVersioned: isVersioned, &stage)
        } catch {
            answer = Answer(APIFault(error))
        }
        if let version = stage.version, isVersioned {
            answer.headers.append(contentsOf: Microversion.fields(version.description))
        }
        answer.identify(answer.requestID ?? call.id)
        answer.projectID = stage.credentials?.projectID
        answer.userID = stage.credentials?.userID
        return answer
    }

    /// What has been found out about a request so far.
    private struct Stage {
        var credentials: Credentials?
        var version: Microversion?
    }

    private func route(_ call: APICall, isVersioned: Bool, _ stage: inout Stage) async throws -> Answer {
        let segments = call.target.segments.dropFirst()
        if segments.isEmpty, call.routedMethod == .get {
            stage.version = isVersioned ? try Microversion.negotiate(call.headers) : .minimum
            return Answer(versionDocuments(call).document(isV2: !isVersioned))
        }
        let credentials = try await authenticate(call)
        stage.credentials = credentials
        guard !call.target.endsWithSlash, let route = RouteTable.match(call.routedMethod, segments) else {
            throw APIFault.unrouted
        }
        let version = isVersioned ? try Microversion.negotiate(call.headers) : .minimum
        stage.version = version
        let links = Links(base: base(call), version: isVersioned ? "v2.1" : "v2", projectID: route.projectID)
        return try await dispatch(
            APIRequest(
                call: call,
                route: route,
                credentials: credentials,
                isAdministrator: policy.isAdministrator(credentials),
                version: version,
                links: links
            )
        )
    }

    private func authenticate(_ call: APICall) async throws(APIFault) -> Credentials {
        let challenge: HTTPFields = [.wwwAuthenticate: "Keystone uri=\"\(settings.keystoneURL)\""]
        guard let token = call.headers[.authToken], !token.isEmpty else {
            throw APIFault(
                .unauthorized,
                "The request you have made requires authentication.",
                headers: challenge
            )
        }
        do throws(IdentityError) {
            return try await authenticator.credentials(for: token)
        } catch {
            guard error.code == .invalidToken else {
                throw .unavailable("The identity service cannot be asked now.", cause: error)
            }
            throw APIFault(.unauthorized, error.message, headers: challenge)
        }
    }

    private func dispatch(_ request: APIRequest) async throws -> Answer {
        try ContentTypes.check(request.call.headers)
        // A body is looked at before the project of the URL, as in Nova.
        if request.route.endpoint == .actOnServer { return try await act(request) }
        if request.call.method == .put, !request.call.body.isEmpty { _ = try JSONBody.parse(request.call.body) }
        try request.checkProject()
        guard request.query.isUTF8 else { throw APIFault(.badRequest, "Query string is not UTF-8 encoded") }
        switch request.route.endpoint {
        case .listServers(let isDetailed): return try await listServers(request, isDetailed: isDetailed)
        case .showServer: return try await showServer(request)
        case .deleteServer: return try await deleteServer(request)
        case .actOnServer: return try await act(request)
        case .listActions: return try await listActions(request)
        case .showAction: return try await showAction(request)
        case .listTasks: return try await listTasks(request)
        case .showTask: return try await showTask(request)
        case .updateServer: return try await updateServer(request)
        case .showQuota(let isDetailed): return try await showQuota(request, isDetailed: isDetailed)
        case .showDefaultQuota: return try await showDefaultQuota(request)
        case .updateQuota: return try await updateQuota(request)
        case .resetQuota: return try await resetQuota(request)
        case .showLimits: return try await showLimits(request)
        case .listServices: return try await listServices(request)
        case .updateService: return try await updateService(request)
        case .listFlavors: return reply(request, ["flavors": []])
        case .absent(let reason): throw absence(request, reason)
        }
    }

    /// The answer to a request that came out well.
    func reply(_ request: APIRequest, _ body: JSON) -> Answer {
        Answer(body, type: ContentTypes.answer(request.call.headers))
    }

    /// - Parameter target: what is acted on; the caller's own project when left out.
    /// - Throws: ``APIFault`` `.forbidden` unless the caller may.
    func check(_ rule: PolicyRule, _ request: APIRequest, on target: PolicyTarget? = nil) throws(APIFault) {
        guard allows(rule, request, on: target) else { throw .policy(rule) }
    }

    /// Whether the caller may, for what only changes an answer.
    func allows(_ rule: PolicyRule, _ request: APIRequest, on target: PolicyTarget? = nil) -> Bool {
        policy.allows(rule, request.credentials, target ?? request.credentials.ownTarget)
    }

    private func absence(_ request: APIRequest, _ reason: String) -> APIFault {
        let path = request.call.target.segments.joined(separator: "/")
        return APIFault(.notImplemented, "\(request.call.method) /\(path) is not implemented: \(reason).")
    }

    private func versionDocuments(_ call: APICall) -> VersionDocuments {
        VersionDocuments(base: base(call))
    }

    private func base(_ call: APICall) -> String {
        if let url = settings.publicURL { return url }
        let host = call.host ?? "localhost"
        guard settings.trustsForwarded else { return "\(call.scheme)://\(host)" }
        // Of several proxies the first is the one that the caller asked.
        func first(_ name: HTTPField.Name) -> String? {
            call.headers[name]?.split(separator: ",").first?.description.trimmed
        }
        return "\(first(.forwardedScheme) ?? call.scheme)://\(first(.forwardedHost) ?? host)"
    }
}

extension Server {
    /// What rules may ask of it.
    var policyTarget: PolicyTarget { PolicyTarget(projectID: projectID, userID: userID) }
}

extension Answer {
    /// Says which request it answers, under both names that clients look for.
    mutating func identify(_ requestID: String) {
        headers[.openStackRequestID] = requestID
        headers[.computeRequestID] = requestID
    }
}
