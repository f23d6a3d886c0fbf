import Compute
import Foundation
import Testing

@testable import ComputeAPI

@Suite("Lists of servers")
struct ListTests {
    private func query(
        _ text: String,
        token: String = Harness.member,
        version: String? = nil
    ) async throws -> ServerQuery {
        let harness = Harness()
        let reply = await harness.get("/v2.1/servers/detail?\(text)", token: token, version: version)
        #expect(reply.status == 200, "\(reply.text)")
        return try #require(harness.servers.state.queries.first)
    }

    @Test(
        "which states are asked for",
        arguments: [
            ("", VMState.live), ("status=SOFT_DELETED", [.softDelete]),
            ("status=soft_deleted&deleted=False", [.softDelete]),
            ("deleted=True", [.softDelete]), ("deleted=1&name=x", [.softDelete]), ("deleted=nonsense", VMState.live),
            ("soft_deleted=True", VMState.live + [.softDelete]), ("status=ACTIVE&status=ERROR", [.active, .error]),
            ("status=SHUTOFF&soft_deleted=1", [.stopped]), ("status=SOFT_DELETED&deleted=True", [.softDelete]),
        ]
    )
    func states(text: String, states: [VMState]) async throws {
        #expect(try await query(text).states == states)
    }

    @Test("destroyed servers are the administrators' to ask for")
    func destroyed() async throws {
        let administrator = Harness.administrator
        #expect(try await query("deleted=True", token: administrator).states == [.softDelete, .deleted])
        #expect(try await query("status=DELETED", token: administrator).states == [.deleted])
        try await Harness().get("/v2.1/servers?status=deleted")
            .expectFault(403, "forbidden", "Only administrators may list deleted instances")
    }

    @Test("a status that no server of ours has gives nothing, and asks nothing")
    func foreignStatus() async throws {
        for text in ["status=BUILD", "status=ACTIVE&deleted=True", "ip=10.0.0.1", "tags=a&status=ACTIVE"] {
            let harness = Harness(server: Sample.server(.active))
            #expect(try await harness.get("/v2.1/servers?\(text)", version: "2.96").list("servers").isEmpty, "\(text)")
            #expect(harness.servers.state.reads == 0, "\(text)")
        }
    }

    @Test("a status that there is not is nothing up to 2.37 and refused from 2.38 on")
    func bogusStatus() async throws {
        for status in ["bogus", "UNKNOWN"] {
            let path = "/v2.1/servers?status=\(status)&all_tenants=1"
            #expect(try await Harness().get(path, version: "2.37").list("servers").isEmpty)
            try await Harness().get(path, version: "2.38").expectFault(400, "badRequest", "Invalid status value")
        }
    }

    @Test("everybody sees the own project, administrators all when they ask")
    func scope() async throws {
        let own = Scope.project(Sample.projectID)
        let administrator = Harness.administrator
        #expect(try await query("").scope == own)
        #expect(try await query("all_tenants=0").scope == own)
        #expect(try await query("", token: administrator).scope == own)
        #expect(try await query("all_tenants=1", token: administrator).scope == .all)
        #expect(try await query("all_tenants", token: administrator).scope == .all)
        #expect(try await query("all_tenants=off", token: administrator).scope == own)
    }

    @Test(
        "all projects are not a member's, and a bad boolean is refused",
        arguments: [("", "index"), ("/detail", "detail")]
    )
    func allProjects(path: String, rule: String) async throws {
        try await Harness().get("/v2.1/servers\(path)?all_tenants=1").expectFault(
            403,
            "forbidden",
            "Policy doesn't allow os_compute_api:servers:\(rule):get_all_tenants to be performed."
        )
        try await Harness().get("/v2.1/servers\(path)?all_tenants=bad").expectFault(
            400,
            "badRequest",
            "Unrecognized value 'bad', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', "
                + "'true', 'y', 'yes'"
        )
    }

    @Test("a name is a regular expression, decoded", arguments: [("web", "web"), ("%5Ea+b%2B", "^a b+")])
    func name(text: String, pattern: String) async throws {
        #expect(try await query("name=\(text)&status=ACTIVE").conditions == [.matches(.name, pattern)])
    }

    @Test("a name that is no regular expression is refused", arguments: [("%5B", "["), ("a%00b", "a\0b")])
    func badName(text: String, name: String) async throws {
        try await Harness().get("/v2.1/servers?name=\(text)").expectFault(
            400,
            "badRequest",
            "Invalid input for query parameters name. Value: \(name). '\(name)' is not a 'regex'"
        )
    }

    @Test("a name that no live server has finds the soft-deleted one of just that name")
    func deletedByName() async throws {
        let harness = Harness(server: Sample.server())
        #expect(try await harness.get("/v2.1/servers/detail?name=srv").list("servers").count == 1)
        #expect(try await harness.get("/v2.1/servers?name=srv&limit=5").list("servers").count == 1)
        // What counts for nothing is no filter.
        #expect(try await harness.get("/v2.1/servers?name=srv&host=x&sort_key=uuid").list("servers").count == 1)
        for text in [
            "name=sr", "name=srv&status=ACTIVE", "name=srv&deleted=False", "name=srv&soft_deleted=0",
            "name=srv&limit=0",
            "name=srv&image=x", "name=srv&changes-since=2026-01-01&deleted=True&status=ACTIVE",
        ] {
            #expect(try await harness.get("/v2.1/servers?\(text)").list("servers").isEmpty, "\(text)")
        }
        let strangers = await harness.get("/v2.1/servers?name=srv", token: Harness.stranger)
        #expect(try strangers.list("servers").isEmpty)
    }

    @Test("a live server of that name is all that is found, and the setting turns it off")
    func liveByName() async throws {
        var binned = Sample.server()
        binned.id = Sample.unknownID
        var state = MemoryServers.State()
        state.servers = [Sample.server(.active), binned]
        let found = try await Harness(state).get("/v2.1/servers?name=srv").list("servers")
        #expect(found.map { $0["id"] as? String } == [Sample.id.text])
        state.servers = [binned]
        let harness = Harness(state) { $0.findsDeletedByName = false }
        #expect(try await harness.get("/v2.1/servers?name=srv").list("servers").isEmpty)
    }

    @Test("a reader may list, a role that is none may not")
    func roles() async throws {
        #expect(await Harness().get("/v2.1/servers", token: Harness.reader).status == 200)
        let harness = Harness(authenticator: Outsider())
        try await harness.get("/v2.1/servers")
            .expectFault(403, "forbidden", "Policy doesn't allow os_compute_api:servers:index to be performed.")
        try await harness.get("/v2.1/servers/detail")
            .expectFault(403, "forbidden", "Policy doesn't allow os_compute_api:servers:detail to be performed.")
    }

    @Test("unknown keys are ignored up to 2.74 and refused from 2.75 on")
    func unknownKeys() async throws {
        #expect(await Harness().get("/v2.1/servers?nonsense=1", version: "2.74").status == 200)
        #expect(await Harness().get("/v2.1/servers?_ours=1", version: "2.75").status == 200)
        try await Harness().get("/v2.1/servers?nonsense=1", version: "2.75")
            .expectFault(400, "badRequest", "'nonsense' does not match any of the regexes: '^_'")
        try await Harness().get("/v2.1/servers?b=1&a=2", version: "2.75")
            .expectFault(400, "badRequest", "'a', 'b' do not match any of the regexes: '^_'")
    }
}
