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

    @Test("pages go by request id, from 2.58 on")
    func pages() async throws {
        var state = state()
        state.actions = (1...3).map { number in
            var action = Sample.action("restore")
            action.requestID = "req-\(number)"
            return action
        }
        let harness = Harness(state)
        let page = await harness.get("\(list)?limit=1&marker=req-1", version: "2.58")
        #expect(try page.list("instanceActions").map { $0["request_id"] as? String } == ["req-2"])
        #expect(try page.list("links")[0]["href"] as? String == "\(Harness.base)\(list)?limit=1&marker=req-2")
        #expect(try await harness.get("\(list)?limit=1", version: "2.57").list("instanceActions").count == 3)
        #expect(try await harness.get(list, version: "2.58").json()["links"] == nil)
        try await harness.get("\(list)?marker=req-9", version: "2.58")
            .expectFault(400, "badRequest", "marker [req-9] not found")
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
