import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("Locks and names over HTTP")
struct LockAPITests {
    @Test(
        "a reason counts from 2.73 on",
        arguments: [
            ("2.72", #"{"lock": {"locked_reason": "because"}}"#, nil), ("2.73", #"{"lock": null}"#, nil),
            ("2.73", #"{"lock": {"locked_reason": "because"}}"#, "because"), ("2.1", #"{"lock": 7}"#, nil),
        ] as [(String, String, String?)]
    )
    func lock(version: String, body: String, reason: String?) async throws {
        let harness = Harness(server: Sample.server())
        let reply = await harness.act(body, version: version)
        #expect(reply.status == 202 && reply.body.isEmpty)
        let expected = MemoryServers.Lock(isLocked: true, server: Sample.id, reason: reason, mayOverride: false)
        #expect(harness.servers.state.locks == [expected])
    }

    @Test("one that is undone for another needs the right to", arguments: [false, true])
    func unlock(isAdministrator: Bool) async throws {
        var state = MemoryServers.State()
        state.servers = [Sample.server()]
        state.lockOutcome = isAdministrator ? .done : .notYours
        let harness = Harness(state)
        let token = isAdministrator ? Harness.administrator : Harness.member
        let reply = await harness.act(#"{"unlock": null}"#, token: token)
        #expect(harness.servers.state.locks.map(\.mayOverride) == [isAdministrator])
        #expect(reply.status == (isAdministrator ? 202 : 403))
    }

    @Test("bad input and callers who may not change nothing")
    func refused() async throws {
        let harness = Harness(server: Sample.server())
        for body in [#"{"lock": {"reason": "x"}}"#, #"{"lock": {"locked_reason": ""}}"#, #"{"lock": 7}"#] {
            #expect(await harness.act(body, version: "2.73").status == 400)
        }
        #expect(await harness.act(#"{"lock": null}"#, token: Harness.reader).status == 403)
        #expect(await harness.act(#"{"lock": null}"#, token: Harness.reader).status == 403)
        #expect(harness.servers.state.locks.isEmpty)
    }

    @Test("PUT gives a server another name and, from 2.19 on, another description")
    func rename() async throws {
        let harness = Harness(server: Sample.server())
        func put(_ body: String, _ version: String, token: String = Harness.member) async -> Reply {
            let path = "/v2.1/servers/\(Sample.id.text)"
            return await harness.send(.put, path, token: token, version: version, body: Array(body.utf8))
        }
        let old = try await put(#"{"server": {"name": "new"}}"#, "2.1").object("server")
        #expect(old["name"] as? String == "new" && old["status"] as? String == "SOFT_DELETED")
        #expect(old["OS-EXT-STS:vm_state"] == nil && old["OS-DCF:diskConfig"] as? String == "MANUAL")
        let new = try await put(#"{"server": {"description": "why"}}"#, "2.75").object("server")
        #expect(new["description"] as? String == "why" && new["OS-EXT-STS:vm_state"] as? String == "soft-delete")
        let none = try await put(#"{"server": {"description": null}}"#, "2.75").object("server")
        #expect(none["description"] is NSNull)
        for body in [
            #"{"server": {"name": ""}}"#, #"{"server": {"name": 7}}"#, #"{"server": {"nam": "x"}}"#, "{}", "7",
            #"{"server": {"name": "\#(String(repeating: "x", count: 256))"}}"#, #"{"server": {"description": "x"}}"#,
        ] {
            #expect(await put(body, "2.1").status == 400)
        }
        #expect(await put(#"{"server": {"name": "x"}}"#, "2.1", token: Harness.reader).status == 403)
        #expect(await put(#"{"server": {"name": "x"}}"#, "2.1", token: Harness.stranger).status == 404)
        #expect(harness.servers.state.servers.first?.name == "new")
    }
}
