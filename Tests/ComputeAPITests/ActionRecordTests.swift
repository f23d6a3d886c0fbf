import Compute
import Foundation
import Testing

@testable import ComputeAPI

@Suite("Actions and events on the wire")
struct ActionRecordTests {
    private let list = "/v2.1/servers/\(Sample.id.text)/os-instance-actions"

    private func state(failed: Bool = false) -> MemoryServers.State {
        var state = MemoryServers.State()
        state.servers = [Sample.server()]
        state.actions = [Sample.action("restore")]
        state.events = [Sample.event(failed: failed)]
        return state
    }

    private func event(token: String, version: String, failed: Bool = false) async throws -> [String: Any]? {
        let reply = await Harness(state(failed: failed)).get(
            "\(list)/\(Sample.requestID)",
            token: token,
            version: version
        )
        return try (reply.object("instanceAction")["events"] as? [[String: Any]])?.first
    }

    @Test("members see events from 2.51 on, administrators always")
    func events() async throws {
        #expect(try await event(token: Harness.member, version: "2.50") == nil)
        #expect(try await event(token: Harness.member, version: "2.51") != nil)
        #expect(try await event(token: Harness.administrator, version: "2.1") != nil)
    }

    @Test(
        "an event has the keys of its version and reader",
        arguments: [
            (Harness.member, "2.51", ""), (Harness.member, "2.62", "hostId"),
            (Harness.member, "2.84", "details,hostId"),
            (Harness.administrator, "2.1", "traceback"), (Harness.administrator, "2.62", "host,hostId,traceback"),
            (Harness.administrator, "2.84", "details,host,hostId,traceback"),
        ]
    )
    func keys(token: String, version: String, extra: String) async throws {
        let event = try #require(try await event(token: token, version: version))
        let keys = Set(event.keys).subtracting(["event", "start_time", "finish_time", "result"])
        #expect(keys.sorted().joined(separator: ",") == extra)
    }

    @Test("the owner reads the reason, the administrator the cause")
    func details() async throws {
        let member = try #require(try await event(token: Harness.member, version: "2.84", failed: true))
        #expect(member["details"] as? String == "The host had no memory left.")
        #expect(!"\(member)".contains(Sample.cause))
        let administrator = try #require(try await event(token: Harness.administrator, version: "2.84", failed: true))
        #expect(administrator["details"] as? String == Sample.cause)
        #expect(administrator["traceback"] as? String == Sample.cause)
    }

    private func numbered(_ count: Int) -> (MemoryServers.State, ids: [String]) {
        var state = state()
        let ids = (1...count).map { "req-6ba7b810-9dad-11d1-80b4-00000000000\($0)" }
        state.actions = ids.map { id in
            var action = Sample.action("restore")
            action.requestID = id
            return action
        }
        return (state, ids)
    }

    @Test("pages go by request id, from 2.58 on")
    func pages() async throws {
        let (state, ids) = numbered(3)
        let harness = Harness(state)
        let page = await harness.get("\(list)?limit=1&marker=\(ids[0])", version: "2.58")
        #expect(try page.list("instanceActions").map { $0["request_id"] as? String } == [ids[1]])
        #expect(try page.list("links")[0]["rel"] as? String == "next")
        #expect(try page.list("links")[0]["href"] as? String == "\(Harness.base)\(list)?limit=1&marker=\(ids[1])")
        #expect(
            try await harness.get("\(list)?limit=1&x=1&changes-since=x", version: "2.57").list("instanceActions").count
                == 3
        )
        #expect(try await harness.get(list, version: "2.58").json()["links"] == nil)
        #expect(try await harness.get("\(list)?limit=0", version: "2.58").list("instanceActions").isEmpty)
        for marker in ["req-9", "", "req-6ba7b810-9dad-11d1-80b4-000000000009"] {
            try await harness.get("\(list)?marker=\(marker)", version: "2.58")
                .expectFault(400, "badRequest", "Marker \(marker) could not be found.")
        }
    }

    @Test("changes are asked for from 2.58 on, and up to a time from 2.66 on")
    func changes() async throws {
        let harness = Harness(state())
        let query = "changes-since=2026-11-23T10:00:00Z"
        #expect(await harness.get("\(list)?\(query)&limit=7", version: "2.58").status == 200)
        let until = "\(query)&changes-before=2026-11-23T11:00:00Z"
        #expect(await harness.get("\(list)?\(until)", version: "2.66").status == 200)
        let start = Date(timeIntervalSince1970: 1_795_428_000)
        #expect(
            harness.servers.state.actionQueries == [
                ActionQuery(since: start, limit: 7), ActionQuery(since: start, until: start + 3600),
            ]
        )
    }

    @Test(
        "a query that Nova's schema refuses is refused before the server is looked for",
        arguments: [
            ("x=1", "2.58", "Additional properties are not allowed ('x' was unexpected)"),
            ("b=1&a=1", "2.66", "Additional properties are not allowed ('a', 'b' were unexpected)"),
            (
                "changes-before=2026-01-01", "2.65",
                "Additional properties are not allowed ('changes-before' was unexpected)"
            ),
            (
                "limit=x", "2.58",
                "Invalid input for query parameters limit. Value: x. 'x' does not match '^[0-9]*$'"
            ),
            (
                "changes-since=bad", "2.58",
                "Invalid input for query parameters changes-since. Value: bad. 'bad' is not a 'date-time'"
            ),
            (
                "limit=1&limit=2", "2.58",
                "Invalid input for query parameters limit. Value: ['1', '2']. ['1', '2'] is too long"
            ),
            (
                "marker=a&marker=b", "2.58",
                "Invalid input for query parameters marker. Value: ['a', 'b']. ['a', 'b'] is too long"
            ),
            (
                "changes-since=2026&changes-since=2027", "2.58",
                "Invalid input for query parameters changes-since. Value: ['2026', '2027']. ['2026', '2027'] is too long"
            ),
        ]
    )
    func badQuery(query: String, version: String, message: String) async throws {
        let path = "/v2.1/servers/\(Sample.unknownID.text)/os-instance-actions"
        try await Harness(state()).get("\(path)?\(query)", version: version).expectFault(400, "badRequest", message)
    }

    @Test("bounds that are the wrong way round are refused")
    func wrongBounds() async throws {
        let query = "changes-since=2026-11-23&changes-before=2026-11-22"
        for path in [list, "/v2.1/servers", "/v2.1/servers/detail"] {
            try await Harness(state()).get("\(path)?\(query)", version: "2.66").expectFault(
                400,
                "badRequest",
                "The value of changes-since must be less than or equal to changes-before."
            )
        }
    }

    @Test("an unknown action is not found", arguments: ["req-1", Sample.requestID.uppercased()])
    func unknownAction(id: String) async throws {
        try await Harness(state()).get("\(list)/\(id)")
            .expectFault(404, "itemNotFound", "Action \(id) not found")
    }

    @Test("actions of a destroyed server stay readable, from 2.21 on")
    func destroyed() async throws {
        var state = state()
        state.servers = [Sample.server(.deleted)]
        let harness = Harness(state)
        #expect(await harness.get(list, version: "2.20").status == 404)
        #expect(try await harness.get(list, version: "2.21").list("instanceActions").count == 1)
        #expect(await harness.get("\(list)/\(Sample.requestID)", version: "2.62").status == 200)
        state.servers = []
        try await Harness(state).get(list, version: "2.21")
            .expectFault(404, "itemNotFound", "Instance \(Sample.id.text) could not be found.")
    }

    @Test("a stranger's server has no actions")
    func stranger() async throws {
        try await Harness(state()).get(list, token: Harness.stranger)
            .expectFault(404, "itemNotFound", "Instance \(Sample.id.text) could not be found.")
    }
}
