import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("Quotas and limits over HTTP")
struct QuotaAPITests {
    private let path = "/v2.1/os-quota-sets/\(Sample.projectID)"

    private func put(_ harness: Harness, _ body: String, token: String = Harness.administrator) async -> Reply {
        await harness.send(.put, path, token: token, body: Array(body.utf8))
    }

    @Test("are written as Nova writes them")
    func samples() async throws {
        let harness = Harness()
        try NovaSample.quotaMember257.expect(await harness.get(path, version: "2.57"))
        try NovaSample.quotaDetailMember.expect(await harness.get("\(path)/detail"))
        try NovaSample.limitsMember257.expect(await harness.get("/v2.1/limits", version: "2.57"))
        var state = MemoryServers.State()
        state.quotas[Sample.projectID] = Quota(
            limits: Resources(instances: 5, cores: 20, ram: 51200),
            used: Resources(instances: 0, cores: 0, ram: 0)
        )
        let changed = Harness(state)
        try NovaSample.quotaPut.expect(await put(changed, #"{"quota_set": {"instances": 5}}"#))
        try NovaSample.quotaAfterPut.expect(await changed.get(path, token: Harness.administrator))
        #expect(changed.servers.state.quotaChanges == [QuotaChange(instances: 5)])
        #expect(try await changed.get("\(path)/defaults").object("quota_set")["instances"] as? Int == 10)
    }

    @Test(
        "lose what Nova dropped, version by version",
        arguments: [("2.35", 15), ("2.36", 11), ("2.56", 11), ("2.57", 8)]
    )
    func fields(version: String, count: Int) async throws {
        #expect(try await Harness().get(path, version: version).object("quota_set").count == count)
    }

    @Test(
        "as limits too",
        arguments: [("2.35", 19), ("2.36", 14), ("2.38", 14), ("2.39", 13), ("2.57", 11)]
    )
    func limitFields(version: String, count: Int) async throws {
        let limits = try await Harness().get("/v2.1/limits", version: version).object("limits")
        #expect((limits["absolute"] as? [String: Any])?.count == count)
    }

    @Test("of another project are an administrator's to see, and any project's an administrator's to change")
    func policy() async throws {
        let harness = Harness()
        let other = "/v2.1/os-quota-sets/\(Sample.otherProjectID)"
        for path in [other, "\(other)/detail"] {
            #expect(await harness.get(path).status == 403)
            #expect(await harness.get(path, token: Harness.administrator).status == 200)
        }
        #expect(await harness.get("/v2.1/limits?tenant_id=\(Sample.otherProjectID)").status == 403)
        let refused = await put(harness, #"{"quota_set": {"instances": 5}}"#, token: Harness.member)
        try refused.expectFault(
            403,
            "forbidden",
            "Policy doesn't allow os_compute_api:os-quota-sets:update to be performed."
        )
        #expect(await harness.send(.delete, path).status == 403)
        #expect(await harness.send(.delete, path, token: Harness.administrator).status == 202)
        #expect(harness.servers.state.quotaChanges.isEmpty)
    }

    @Test(
        "with bad input change nothing",
        arguments: [
            (#"{"quota_set": {"instances": -2}}"#, "instances. Value: -2. -2 is less than the minimum of -1"),
            (
                #"{"quota_set": {"cores": 2147483648}}"#,
                "cores. Value: 2147483648. 2147483648 is greater than the maximum of 2147483647"
            ),
            (#"{"quota_set": {"ram": true}}"#, "ram. Value: True. True is not of type 'integer', 'string'"),
            (#"{"quota_set": {"ram": "+5"}}"#, "ram. Value: +5. '+5' does not match '^-?[0-9]+$'"),
            (#"{"quota_set": {"force": 1}}"#, "force. Value: 1. 1 is not of type 'boolean', 'string'"),
            (
                #"{"quota_set": {"force": "tRuE"}}"#,
                "force. Value: tRuE. 'tRuE' is not one of [True, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', "
                    + "'Yes', 'yes', False, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no']"
            ),
            (#"{"quota_set": 7}"#, "quota_set. Value: 7. 7 is not of type 'object'"),
        ]
    )
    func badInput(body: String, message: String) async throws {
        let harness = Harness()
        let reply = await put(harness, body)
        try reply.expectFault(400, "badRequest", "Invalid input for field/attribute \(message)")
        #expect(harness.servers.state.quotaChanges.isEmpty)
    }

    @Test("of what Reprieve does not count are not set, and a limit below what is used is refused in Nova's words")
    func refused() async throws {
        let harness = Harness()
        #expect(await put(harness, #"{"quota_set": {"key_pairs": 5}}"#).status == 501)
        #expect(await put(harness, #"{"quota_set": {"key_pairs": 100, "instances": "7"}}"#).status == 200)
        #expect(harness.servers.state.quotaChanges == [QuotaChange(instances: 7)])
        var state = MemoryServers.State()
        state.quotaConflicts = [QuotaConflict(resource: "instances", used: 2, limit: 1)]
        try await put(Harness(state), #"{"quota_set": {"instances": 1}}"#).expectFault(
            400,
            "badRequest",
            "Quota limit 1 for instances must be greater than or equal to already used and reserved 2."
        )
        // Of several the one that was sent first.
        state.quotaConflicts.append(QuotaConflict(resource: "ram", used: 512, limit: 1))
        try await put(Harness(state), #"{"quota_set": {"ram": 1, "instances": 1}}"#).expectFault(
            400,
            "badRequest",
            "Quota limit 1 for ram must be greater than or equal to already used and reserved 512."
        )
    }

    @Test("of a project whose id is too long are not set")
    func longProject() async throws {
        let harness = Harness()
        let path = "/v2.1/os-quota-sets/" + String(repeating: "a", count: 256)
        let body = Array(#"{"quota_set": {"cores": 5}}"#.utf8)
        let reply = await harness.send(.put, path, token: Harness.administrator, body: body)
        try reply.expectFault(400, "badRequest", "The id of a project has 255 characters at most.")
        #expect(harness.servers.state.quotaChanges.isEmpty)
    }

    @Test("refuse a restore in Nova's words")
    func restore() async throws {
        let one = QuotaShortage(resource: "instances", requested: 1, used: 1, limit: 1)
        let single = Harness(server: Sample.server(), outcome: .overQuota([one]))
        try await single.act(#"{"restore": null}"#).expectFault(
            403,
            "forbidden",
            "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances"
        )
        let all = [
            QuotaShortage(resource: "cores", requested: 1, used: 1, limit: 1), one,
            QuotaShortage(resource: "ram", requested: 512, used: 512, limit: 512),
        ]
        try await Harness(server: Sample.server(), outcome: .overQuota(all)).act(#"{"restore": null}"#).expectFault(
            403,
            "forbidden",
            "Quota exceeded for cores, instances, ram: Requested 1, 1, 512, but already used 1, 1, 512 of 1, 1, 512 "
                + "cores, instances, ram"
        )
    }
}
