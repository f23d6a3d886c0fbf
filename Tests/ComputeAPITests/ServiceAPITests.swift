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
        let all = await harness.get("/v2.1/os-services?host=&binary=", token: Harness.administrator)
        #expect(try all.list("services").count == 2)
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
            "Host 'x' is not mapped to any cell"
        )
        #expect(await put(harness, "disable", "2.1", #"{"host": "x"}"#).status == 400)
        #expect(await put(harness, "nope", "2.1", "{\(names)}").status == 404)
        for (action, message) in [
            ("force-down", "Missing forced_down field"), ("disable-log-reason", "Missing disabled reason field"),
        ] {
            try await put(harness, action, "2.11", "{\(names)}").expectFault(400, "badRequest", message)
        }
        let ignored = await put(harness, "disable", "2.1", "{\(names), \"disabled_reason\": \"x\"}")
        #expect(try ignored.object("service")["disabled_reason"] == nil)
        #expect(harness.servers.state.services[0].disabledReason == nil)
        try await put(harness, "disable", "2.1", #"{"host": "x", "binary": "nova-scheduler"}"#).expectFault(
            400,
            "badRequest",
            "Updating a nova-scheduler service is not supported. Only nova-compute services can be updated."
        )
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
        let nothing = "No updates were requested. Fields 'status' or 'forced_down' should be specified."
        for (body, message) in [
            ("{}", nothing), (#"{"disabled_reason": "x"}"#, nothing),
            (
                #"{"status": "enabled", "disabled_reason": "x"}"#,
                "Specifying 'disabled_reason' with status 'enabled' is invalid."
            ),
        ] {
            try await put(harness, Self.id.text, "2.53", body).expectFault(400, "badRequest", message)
        }
        let both = #"{"forced_down": false, "disabled_reason": "x"}"#
        #expect(
            try await put(harness, Self.id.text, "2.53", both).object("service")["disabled_reason"] as? String
                == "disks"
        )
        #expect(await put(harness, Sample.taskID.text, "2.53", #"{"status": "enabled"}"#).status == 404)
        #expect(await put(harness, "enable", "2.53", #"{"status": "enabled"}"#).status == 400)
    }
}
