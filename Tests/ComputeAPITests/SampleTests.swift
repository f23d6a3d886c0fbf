import Foundation
import Testing

@testable import Compute
@testable import ComputeAPI

@Suite("Answers as Nova gave them")
struct SampleTests {
    private let path = "/v2.1/servers/\(Sample.id.text)"

    @Test(
        "a soft-deleted server",
        arguments: [
            ("2.1", NovaSample.softDeletedMember), ("2.47", .softDeletedMember247), ("2.96", .softDeletedMember296),
        ]
    )
    func softDeleted(version: String, sample: NovaSample) async throws {
        try sample.expect(await Harness(server: Sample.server()).get(path, version: version))
    }

    @Test("a server that is being restored")
    func restoring() async throws {
        let harness = Harness(server: Sample.server(task: .restoring))
        try NovaSample.restoring.expect(await harness.get(path, version: "2.1"))
    }

    @Test("a live server")
    func active() async throws {
        try NovaSample.active.expect(await Harness(server: Sample.server(.active)).get(path, version: "2.1"))
    }

    @Test("a locked server with its reason")
    func locked() async throws {
        var server = Sample.server()
        server.lock = Server.Lock(byAdministrator: false, reason: "because")
        try NovaSample.lockedWithReason.expect(await Harness(server: server).get(path, version: "2.73"))
    }

    @Test("an accepted restore")
    func accepted() async throws {
        try NovaSample.restoreAccepted.expect(await Harness(server: Sample.server()).act(#"{"restore": null}"#))
    }

    @Test("a restore of a live server")
    func wrongState() async throws {
        let harness = Harness(server: Sample.server(.active), outcome: .wrongVMState(.active))
        try NovaSample.restoreOfActive.expect(await harness.act(#"{"restore": null}"#))
    }

    @Test("a request without a token")
    func noToken() async throws {
        try NovaSample.noToken.expect(await Harness().get("/v2.1/servers", token: nil))
    }

    @Test("the ways in")
    func versions() async throws {
        try NovaSample.versions.expect(await Harness().get("/", token: nil))
        try NovaSample.version21.expect(await Harness().get("/v2.1", token: nil))
        try NovaSample.version21.expect(await Harness().get("/v2.1/", token: nil))
        try NovaSample.choices.expect(await Harness().get("/v3/", token: nil))
    }

    @Test("lists of servers")
    func lists() async throws {
        var server = Sample.server(.active)
        server.name = "act"
        let harness = Harness(server: server)
        try NovaSample.list.expect(await harness.get("/v2.1/servers", version: "2.1"))
        try NovaSample.listOfOne.expect(await harness.get("/v2.1/servers?limit=1", version: "2.1"))
        try NovaSample.listDetail.expect(await harness.get("/v2.1/servers/detail", version: "2.1"))
    }

    @Test("what was asked of a server")
    func actions() async throws {
        var state = MemoryServers.State()
        state.servers = [Sample.server()]
        state.actions = ["restore", "delete", "create"].map { Sample.action($0) }
        state.events = [Sample.event()]
        let harness = Harness(state)
        let list = "\(path)/os-instance-actions"
        let one = "\(list)/\(Sample.requestID)"
        try NovaSample.actions.expect(await harness.get(list, version: "2.1"))
        try NovaSample.actionsLatest.expect(await harness.get(list, version: "2.96"))
        try NovaSample.actionMember251.expect(await harness.get(one, version: "2.51"))
        try NovaSample.actionAdministrator.expect(
            await harness.get(one, token: Harness.administrator, version: "2.96")
        )
    }

    @Test("a restore that failed, as an administrator sees it")
    func failedAction() async throws {
        var state = MemoryServers.State()
        state.servers = [Sample.server()]
        state.actions = [Sample.action("restore", message: "Error")]
        state.events = [Sample.event(failed: true)]
        let path = "\(path)/os-instance-actions/\(Sample.requestID)"
        let reply = await Harness(state).get(path, token: Harness.administrator, version: "2.96")
        try NovaSample.failedActionAdministrator.expect(reply)
    }
}
