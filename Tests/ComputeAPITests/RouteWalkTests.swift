import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

/// Every route there is, asked by those who have no business there. A route that is new fails until it has a line here.
@Suite("Every route, asked by strangers")
struct RouteWalkTests {
    /// What becomes of a request.
    private enum Fate: Int {
        /// An answer about the caller's own project.
        case own = 200
        case unknownMarker = 400
        case forbidden = 403
        case notFound = 404
        /// It does not fit the server's state.
        case conflict = 409
        /// A route or an action of Nova's that is not here.
        case absent = 501
    }

    /// A request to a route: the fate of another project's member, then of a reader of the project itself.
    private struct Ask {
        let stranger: Fate
        let reader: Fate
        let query: String
        let body: String
        /// As it must be under `/v2`, which knows no microversions, where that is something else.
        let oldBody: String

        init(_ stranger: Fate, _ reader: Fate, query: String = "", body: String = "", oldBody: String? = nil) {
            self.stranger = stranger
            self.reader = reader
            self.query = query
            self.body = body
            self.oldBody = oldBody ?? body
        }
    }

    /// By method and shape.
    private static let asks: [String: [Ask]] = [
        "GET servers": serverLists,
        "GET servers/detail": serverLists,
        "GET servers/{id}": [Ask(.notFound, .own)],
        "PUT servers/{id}": [Ask(.notFound, .forbidden, body: #"{"server": {"name": "mine"}}"#)],
        "DELETE servers/{id}": [Ask(.notFound, .forbidden)],
        "POST servers/{id}/action": [
            Ask(.notFound, .forbidden, body: #"{"restore": null}"#),
            Ask(.notFound, .own, body: #"{"restore": {"dry_run": true}}"#),
            Ask(.notFound, .forbidden, body: #"{"forceDelete": null}"#),
            Ask(.notFound, .forbidden, body: #"{"lock": null}"#),
            Ask(.notFound, .forbidden, body: #"{"lock": {"locked_reason": "mine"}}"#),
            Ask(.notFound, .forbidden, body: #"{"unlock": null}"#),
            Ask(.notFound, .conflict, body: #"{"pause": null}"#),
            Ask(.notFound, .absent, body: #"{"os-resetState": {"state": "active"}}"#),
        ],
        "GET servers/{id}/os-instance-actions": [Ask(.notFound, .own), Ask(.notFound, .own, query: "?limit=1")],
        "GET servers/{id}/os-instance-actions/{request}": [Ask(.notFound, .own)],
        "GET tasks": [
            Ask(.own, .own),
            Ask(.forbidden, .forbidden, query: "?all_tenants=1"),
            Ask(.own, .own, query: "?server_id=\(Sample.id.text)"),
            Ask(.unknownMarker, .own, query: "?marker=\(Sample.taskID.text)"),
        ],
        "GET tasks/{id}": [Ask(.notFound, .own)],
        "GET os-quota-sets/{project}": [Ask(.forbidden, .own)],
        "GET os-quota-sets/{project}/detail": [Ask(.forbidden, .own)],
        // The same for every project.
        "GET os-quota-sets/{project}/defaults": [Ask(.own, .own)],
        "PUT os-quota-sets/{project}": [Ask(.forbidden, .forbidden, body: #"{"quota_set": {"instances": 1}}"#)],
        "DELETE os-quota-sets/{project}": [Ask(.forbidden, .forbidden)],
        "GET limits": [Ask(.own, .own), Ask(.forbidden, .own, query: "?tenant_id=\(Sample.projectID)")],
        "GET os-services": [Ask(.forbidden, .forbidden)],
        "PUT os-services/{id}": [
            Ask(
                .forbidden,
                .forbidden,
                body: #"{"status": "disabled"}"#,
                oldBody: #"{"host": "host-of-a", "binary": "nova-compute"}"#
            )
        ],
        "GET flavors/detail": [Ask(.own, .own)],
    ]

    private static let serverLists = [
        Ask(.own, .own),
        Ask(.forbidden, .forbidden, query: "?all_tenants=1"),
        Ask(.forbidden, .forbidden, query: "?all_tenants=1&tenant_id=\(Sample.projectID)"),
        Ask(.own, .own, query: "?tenant_id=\(Sample.projectID)"),
        Ask(.own, .own, query: "?name=name-of-a"),
        Ask(.unknownMarker, .own, query: "?marker=\(Sample.id.text)"),
    ]

    /// What must never be in an answer to another project.
    private static let secrets = ["name-of-a", "host-of-a", Sample.userID, Sample.cause, "777"]

    private static func harness() -> Harness {
        var state = MemoryServers.State()
        var server = Sample.server()
        server.name = "name-of-a"
        server.host = "host-of-a"
        state.servers = [server]
        state.actions = [Sample.action("restore", message: "Error")]
        state.events = [Sample.event(failed: true)]
        state.tasks = [Sample.task()]
        state.outcomes = [.success(.accepted(task: Sample.taskID))]
        state.preview = Sample.preview(isHostAlive: false)
        state.preview.host = "host-of-a"
        state.quotas[Sample.projectID] = Quota(
            limits: Resources(instances: 777, cores: 777, ram: 777),
            used: Resources(instances: 777, cores: 777, ram: 777)
        )
        state.services = [ComputeService(id: Sample.taskID, number: 777, host: "host-of-a", isAlive: true)]
        return Harness(state)
    }

    private static func key(_ route: Route) -> String {
        "\(route.method?.rawValue ?? "ANY") \(route.path)"
    }

    private static func path(_ route: Route) -> String {
        let parts = route.path.split(separator: "/")
        return parts.map { part in
            switch part {
            case "{id}" where ["tasks", "os-services"].contains(parts[0]): Sample.taskID.text
            case "{id}": Sample.id.text
            case "{project}": Sample.projectID
            case "{request}": Sample.requestID
            case "*": "x"
            default: String(part)
            }
        }.joined(separator: "/")
    }

    private static func send(
        _ ask: Ask,
        _ route: Route,
        _ token: String?,
        under base: String,
        _ harness: Harness = harness()
    ) async -> Reply {
        await harness.send(
            route.method ?? .get,
            "\(base)/\(path(route))\(ask.query)",
            token: token,
            version: "2.96",
            body: Array((base == "/v2" ? ask.oldBody : ask.body).utf8)
        )
    }

    /// Every request, and what to call it.
    private static func walk() throws -> [(label: String, route: Route, ask: Ask)] {
        try RouteTable.routes.flatMap { route in
            if case .absent = route.endpoint { return [(key(route), route, Ask(.absent, .absent))] }
            let asks = try #require(asks[key(route)], "\(key(route)) has no line in this test")
            return asks.map { ("\(key(route))\($0.query) \($0.body)", route, $0) }
        }
    }

    /// Whether all is as ``harness()`` made it.
    private static func isUntouched(_ state: MemoryServers.State) -> Bool {
        state.servers[0].name == "name-of-a" && state.quotas[Sample.projectID]?.limits.cores == 777
            && state.quotaChanges.isEmpty && state.locks.isEmpty && state.services[0].disabledAt == nil
    }

    @Test("nothing of another project's is seen or touched")
    func stranger() async throws {
        for (label, route, ask) in try Self.walk() {
            for base in ["/v2.1", "/v2.1/\(Sample.otherProjectID)", "/v2"] {
                let harness = Self.harness()
                let reply = await Self.send(ask, route, Harness.stranger, under: base, harness)
                #expect(reply.status == ask.stranger.rawValue, "\(label): \(reply.text)")
                for secret in Self.secrets { #expect(!reply.text.contains(secret), "\(label): \(reply.text)") }
                #expect(!"\(reply.headers)".contains("host-of-a"), "\(label)")
                if case .own = ask.stranger {
                    for id in [Sample.id.text, Sample.taskID.text, Sample.requestID] {
                        #expect(!reply.text.contains(id), "\(label): \(reply.text)")
                    }
                }
                let state = harness.servers.state
                #expect(state.changes.allSatisfy { $0.caller.scope == .project(Sample.otherProjectID) }, "\(label)")
                #expect(Self.isUntouched(state), "\(label)")
            }
        }
    }

    @Test("another project's URL is refused to its strangers and to administrators")
    func foreignURL() async throws {
        for (label, route, ask) in try Self.walk() where ask.stranger != .absent {
            for token in [Harness.stranger, Harness.stranger + ":admin"] {
                let reply = await Self.send(ask, route, token, under: "/v2.1/\(Sample.projectID)")
                #expect(reply.status == 400, "\(label): \(reply.text)")
                #expect(reply.text.contains("Malformed request URL"), "\(label)")
            }
        }
    }

    @Test("a reader reads and changes nothing")
    func reader() async throws {
        for (label, route, ask) in try Self.walk() {
            let harness = Self.harness()
            let reply = await Self.send(ask, route, Harness.reader, under: "/v2.1", harness)
            #expect(reply.status == ask.reader.rawValue, "\(label): \(reply.text)")
            let mayNameHost = label.contains("tasks") || label.contains("dry_run")
            #expect(!reply.text.contains("host-of-a") || mayNameHost, "\(label): \(reply.text)")
            let state = harness.servers.state
            #expect(state.changes.isEmpty && Self.isUntouched(state), "\(label)")
        }
    }

    @Test("nobody is let in without a token, in any form of URL")
    func nobody() async throws {
        for (label, route, ask) in try Self.walk() {
            for base in ["/v2.1", "/v2.1/\(Sample.projectID)", "/v2"] {
                let harness = Self.harness()
                let reply = await Self.send(ask, route, nil, under: base, harness)
                #expect(reply.status == 401, "\(label)")
                #expect(reply["www-authenticate"] != nil && harness.servers.state.reads == 0)
                #expect(harness.servers.state.changes.isEmpty, "\(label)")
            }
        }
    }

    @Test("no line stands for a route that is gone")
    func noStaleLine() {
        #expect(Set(Self.asks.keys).isSubset(of: RouteTable.routes.map(Self.key)))
    }
}
