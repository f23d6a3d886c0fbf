import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("Hosts as services over HTTP")
struct ServiceAPITests {
    private static let id = Sample.unknownID

    private var harness: Harness {
        var state = MemoryServers.State()
        state.services = [
            ComputeService(id: Self.id, number: 7, host: Sample.host, isAlive: true, lastSeenAt: Sample.date),
            ComputeService(id: Sample.id, number: 8, host: "other", isAlive: false),
        ]
        return Harness(state)
    }

    private func put(_ harness: Harness, _ path: String, _ version: String, _ body: String) async -> Reply {
        await harness.send(
            .put,
            "/v2.1/os-services/\(path)",
            token: Harness.administrator,
            version: version,
            body: Array(body.utf8)
        )
    }

    @Test("are listed under Nova's name for what runs servers")
    func list() async throws {
        let old = try await harness.get("/v2.1/os-services", token: Harness.administrator).list("services")
        #expect(old.map { $0["host"] as? String } == [Sample.host, "other"])
        #expect(old.map { $0["state"] as? String } == ["up", "down"])
        let first = try #require(old.first)
        #expect(first["id"] as? Int == 7 && first["binary"] as? String == "nova-compute")
        #expect(first["updated_at"] as? String == "2026-11-23T10:00:00.123456")
        #expect(Set(first.keys).isDisjoint(with: ["forced_down"]) && first.count == 8)
        let path = "/v2.1/os-services?host=\(Sample.host)&binary=nova-compute"
        let new = try await harness.get(path, token: Harness.administrator, version: "2.53").list("services")
        #expect(new.map { $0["id"] as? String } == [Self.id.text])
        #expect(new.first?["forced_down"] as? Bool == false)
        let none = await harness.get("/v2.1/os-services?binary=nova-scheduler", token: Harness.administrator)
        #expect(try none.list("services").isEmpty)
        #expect(await harness.get("/v2.1/os-services").status == 403)
    }

    @Test("are disabled, enabled and forced down by host up to 2.52")
    func byHost() async throws {
        let harness = harness
        let names = #""host": "\#(Sample.host)", "binary": "nova-compute""#
        let disabled = await put(harness, "disable-log-reason", "2.1", "{\(names), \"disabled_reason\": \"disks\"}")
        #expect(try disabled.object("service")["disabled_reason"] as? String == "disks")
        #expect(harness.servers.state.services[0].disabledReason == "disks")
        #expect(harness.servers.state.services[1].disabledAt == nil)
        #expect(
            try await put(harness, "enable", "2.1", "{\(names)}").object("service")["status"] as? String == "enabled"
        )
        #expect(harness.servers.state.services[0].disabledAt == nil)
        let down = await put(harness, "force-down", "2.11", "{\(names), \"forced_down\": true}")
        #expect(try down.object("service")["forced_down"] as? Bool == true)
        try await put(harness, "disable", "2.1", #"{"host": "x", "binary": "nova-compute"}"#).expectFault(
            404,
            "itemNotFound",
            "Could not find binary nova-compute on host x."
        )
        #expect(await put(harness, "force-down", "2.10", "{\(names), \"forced_down\": true}").status == 404)
        #expect(await put(harness, "disable", "2.1", #"{"host": "x"}"#).status == 400)
    }

    @Test("are disabled, enabled and forced down by id from 2.53 on")
    func byID() async throws {
        let harness = harness
        let reply = await put(harness, Self.id.text, "2.53", #"{"status": "disabled", "disabled_reason": "disks"}"#)
        let service = try reply.object("service")
        #expect(service["status"] as? String == "disabled" && service["disabled_reason"] as? String == "disks")
        #expect(service["id"] as? String == Self.id.text)
        #expect(await put(harness, Self.id.text, "2.53", #"{"forced_down": true}"#).status == 200)
        #expect(harness.servers.state.services[0].isForcedDown)
        for body in ["{}", #"{"status": "enabled", "disabled_reason": "x"}"#, #"{"status": "gone"}"#] {
            #expect(await put(harness, Self.id.text, "2.53", body).status == 400)
        }
        #expect(await put(harness, Sample.taskID.text, "2.53", #"{"status": "enabled"}"#).status == 404)
        #expect(await put(harness, "enable", "2.53", #"{"status": "enabled"}"#).status == 400)
    }
}
