import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("A dry run of a restore")
struct DryRunTests {
    private static let body = #"{"restore": {"dry_run": true}}"#

    private func harness(_ preview: RestorePreview) -> Harness {
        var state = MemoryServers.State()
        state.servers = [Sample.server()]
        state.outcomes = [.success(.accepted(task: Sample.taskID))]
        state.preview = preview
        return Harness(state)
    }

    @Test("it says that nothing hinders the restore, and changes nothing")
    func free() async throws {
        let harness = harness(Sample.preview())
        let reply = await harness.act(Self.body)
        #expect(reply.status == 200)
        let expected: [String: Any] = [
            "action": "restore", "server_id": Sample.id.text, "host": Sample.host, "accepted": true,
            "disk": "unknown", "blockers": [Any](),
        ]
        #expect(NSDictionary(dictionary: try reply.object("dry_run")) == NSDictionary(dictionary: expected))
        #expect(harness.servers.state.changes.isEmpty)
    }

    @Test("it names everything that hinders it at once, in the words of the refusals")
    func everything() async throws {
        let shortage = QuotaShortage(resource: "instances", requested: 1, used: 5, limit: 5)
        var preview = Sample.preview(
            [.locked, .wrongTaskState(.restoring), .overLimit, .overQuota([shortage])],
            isHostAlive: false
        )
        preview.lastSeenAt = Sample.date
        preview.pausedAt = Sample.date
        preview.pauseReason = "new disks"
        let reply = await harness(preview).act(Self.body, token: Harness.reader)
        let told = try reply.object("dry_run")
        let blockers = try #require(told["blockers"] as? [[String: String]])
        #expect(told["accepted"] as? Bool == false)
        #expect(
            blockers.map { "\($0["code"] ?? "") \($0["effect"] ?? ""): \($0["message"] ?? "")" } == [
                "policy refused: Policy doesn't allow os_compute_api:os-deferred-delete:restore to be performed.",
                "locked refused: Instance \(Sample.id.text) is in an invalid state for 'restore'",
                "task_state refused: Cannot 'restore' instance \(Sample.id.text) while it is in task_state restoring",
                "over_limit refused: The project has too many unfinished tasks. Retry when some of them have ended.",
                "over_quota refused: Quota exceeded for instances: Requested 1, but already used 5 of 5 instances",
                "host_paused waits: Host compute is paused: new disks",
                "host_away waits: Host compute, last seen 2026-11-23T10:00:00Z",
            ]
        )
    }

    @Test("a host that is away hinders nobody from asking")
    func away() async throws {
        let told = try await harness(Sample.preview(isHostAlive: false)).act(Self.body)
            .object("dry_run")
        #expect(told["accepted"] as? Bool == true)
    }

    @Test(
        "any other value means a restore",
        arguments: [
            "null", "{}", #"{"dry_run": false}"#, #"{"dry_run": 1}"#, #"{"dry_run": "true"}"#,
            #"{"dry_run": true, "x": 1}"#, #"["dry_run"]"#,
        ]
    )
    func restore(value: String) async {
        let harness = harness(Sample.preview())
        #expect(await harness.act("{\"restore\": \(value)}").status == 202)
        #expect(harness.servers.state.changes.count == 1)
    }

    @Test("another project's server is not found")
    func stranger() async throws {
        try await harness(Sample.preview()).act(Self.body, token: Harness.stranger)
            .expectFault(404, "itemNotFound", "Instance \(Sample.id.text) could not be found.")
    }
}
