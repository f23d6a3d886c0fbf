import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

/// Every route there is, asked by those who have no business there. A route that is new fails until it has a line here.
@Suite("Every route, asked by strangers")
struct RouteWalkTests {
    /// What becomes of a request.
    private enum Fate: Sendable {
        /// An answer about the caller's own project.
        case own
        case notFound
        case forbidden
        /// A route of Nova's that is not here.
        case absent

        var status: Int {
            switch self {
            case .own: 200
            case .notFound: 404
            case .forbidden: 403
            case .absent: 501
            }
        }
    }

    /// By method and shape: the fate of another project's member, then of a reader of the project itself.
    private static let fates: [String: (stranger: Fate, reader: Fate)] = [
        "GET servers": (.own, .own),
        "GET servers/detail": (.own, .own),
        "GET servers/{id}": (.notFound, .own),
        "PUT servers/{id}": (.notFound, .forbidden),
        "DELETE servers/{id}": (.notFound, .forbidden),
        "POST servers/{id}/action": (.notFound, .forbidden),
        "GET servers/{id}/os-instance-actions": (.notFound, .own),
        "GET servers/{id}/os-instance-actions/{request}": (.notFound, .own),
        "GET tasks": (.own, .own),
        "GET tasks/{id}": (.notFound, .own),
        "GET os-quota-sets/{project}": (.forbidden, .own),
        "GET os-quota-sets/{project}/detail": (.forbidden, .own),
        // The same for every project.
        "GET os-quota-sets/{project}/defaults": (.own, .own),
        "PUT os-quota-sets/{project}": (.forbidden, .forbidden),
        "DELETE os-quota-sets/{project}": (.forbidden, .forbidden),
        "GET limits": (.own, .own),
        "GET os-services": (.forbidden, .forbidden),
        "PUT os-services/{id}": (.forbidden, .forbidden),
        "GET flavors/detail": (.own, .own),
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
        state.outcomes = [.success(.notFound)]
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

    private static func body(_ route: Route) -> String {
        switch key(route) {
        case "POST servers/{id}/action": #"{"restore": null}"#
        case "PUT servers/{id}": #"{"server": {"name": "mine"}}"#
        case "PUT os-quota-sets/{project}": #"{"quota_set": {"instances": 1}}"#
        case "PUT os-services/{id}": #"{"status": "disabled"}"#
        default: ""
        }
    }

    private static func ask(
        _ route: Route,
        _ token: String?,
        under base: String,
        _ harness: Harness = harness()
    ) async -> Reply {
        await harness.send(
            route.method ?? .get,
            "\(base)/\(path(route))",
            token: token,
            version: "2.96",
            body: Array(body(route).utf8)
        )
    }

    private static func fate(_ route: Route) -> (stranger: Fate, reader: Fate)? {
        if case .absent = route.endpoint { return (.absent, .absent) }
        return fates[key(route)]
    }

    @Test("nothing of another project's is seen or touched")
    func stranger() async throws {
        for route in RouteTable.routes {
            let key = Self.key(route)
            let fate = try #require(Self.fate(route), "\(key) has no line in this test").stranger
            for base in ["/v2.1", "/v2.1/\(Sample.otherProjectID)", "/v2"] {
                let harness = Self.harness()
                let reply = await Self.ask(route, Harness.stranger, under: base, harness)
                #expect(reply.status == fate.status, "\(key): \(reply.text)")
                for secret in Self.secrets { #expect(!reply.text.contains(secret), "\(key): \(reply.text)") }
                #expect(!"\(reply.headers)".contains("host-of-a"), "\(key)")
                if case .own = fate {
                    for id in [Sample.id.text, Sample.taskID.text, Sample.requestID] {
                        #expect(!reply.text.contains(id), "\(key): \(reply.text)")
                    }
                }
                let state = harness.servers.state
                #expect(state.changes.allSatisfy { $0.caller.scope == .project(Sample.otherProjectID) }, "\(key)")
                #expect(
                    state.servers[0].name == "name-of-a" && state.quotaChanges.isEmpty && state.locks.isEmpty,
                    "\(key)"
                )
            }
        }
    }

    @Test("another project's URL is refused to its strangers and to administrators")
    func foreignURL() async {
        for route in RouteTable.routes where Self.fates[Self.key(route)] != nil {
            for token in [Harness.stranger, Harness.stranger + ":admin"] {
                let reply = await Self.ask(route, token, under: "/v2.1/\(Sample.projectID)")
                #expect(reply.status == 400, "\(Self.key(route)): \(reply.text)")
                #expect(reply.text.contains("Malformed request URL"), "\(Self.key(route))")
            }
        }
    }

    @Test("a reader reads and changes nothing")
    func reader() async throws {
        for route in RouteTable.routes {
            let key = Self.key(route)
            let fate = try #require(Self.fate(route), "\(key) has no line in this test").reader
            let harness = Self.harness()
            let reply = await Self.ask(route, Harness.reader, under: "/v2.1", harness)
            #expect(reply.status == fate.status, "\(key): \(reply.text)")
            #expect(!reply.text.contains("host-of-a") || key.contains("tasks"), "\(key): \(reply.text)")
            #expect(harness.servers.state.changes.isEmpty, "\(key)")
        }
    }

    @Test("nobody is let in without a token, in any form of URL")
    func nobody() async {
        for route in RouteTable.routes {
            for base in ["/v2.1", "/v2.1/\(Sample.projectID)", "/v2"] {
                let harness = Self.harness()
                let reply = await Self.ask(route, nil, under: base, harness)
                #expect(reply.status == 401, "\(Self.key(route))")
                #expect(reply["www-authenticate"] != nil && harness.servers.state.reads == 0)
            }
        }
    }

    @Test("no line stands for a route that is gone")
    func noStaleLine() {
        #expect(Set(Self.fates.keys).isSubset(of: RouteTable.routes.map(Self.key)))
    }
}
