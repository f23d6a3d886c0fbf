import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("Requests that change a server")
struct ActionTests {
    private let server = "/v2.1/servers/\(Sample.id.text)"

    @Test(
        "an accepted one says where to look, in the form of the request's URL",
        arguments: [
            ("/v2.1", "/v2.1"), ("/v2.1/\(Sample.projectID)", "/v2.1/\(Sample.projectID)"), ("/v2", "/v2"),
            ("//v2.1//", "/v2.1"),
        ]
    )
    func location(prefix: String, expected: String) async {
        for action in ["restore", "forceDelete"] {
            let reply = await Harness(server: Sample.server())
                .act("{\"\(action)\": null}", on: "\(prefix)/servers/\(Sample.id.text)/action")
            #expect(reply.status == 202)
            #expect(reply["location"] == "\(Harness.base)\(expected)/tasks/\(Sample.taskID.text)")
            #expect(reply["retry-after"] == "1")
        }
    }

    @Test("links begin with the public URL when there is one")
    func publicURL() async {
        var state = MemoryServers.State()
        state.servers = [Sample.server()]
        state.outcomes = [.success(.accepted(task: Sample.taskID))]
        let reply = await Harness(state) { $0.publicURL = "https://cloud.example/compute" }.act(#"{"restore": ""}"#)
        #expect(reply["location"] == "https://cloud.example/compute/v2.1/tasks/\(Sample.taskID.text)")
    }

    @Test("the action's value may be anything", arguments: ["null", "\"\"", "{}", "[1, {}]", "false", "-1e3"])
    func anyValue(value: String) async {
        #expect(await Harness(server: Sample.server()).act("{\"restore\": \(value)}").status == 202)
    }

    @Test("the caller, the request id and the trace go to the store")
    func caller() async throws {
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let global = "req-11111111-2222-3333-4444-555555555555"
        let harness = Harness(server: Sample.server())
        let headers: HTTPFields = [.openStackRequestID: global, .traceParent: trace]
        let member = await harness.act(#"{"restore": null}"#, headers: headers)
        _ = await harness.act(#"{"restore": null}"#, token: Harness.administrator, headers: [.traceParent: "x"])
        let changes = harness.servers.state.changes
        let first = try #require(changes.first)
        #expect(
            first.caller
                == Caller(userID: Sample.userID, projectID: Sample.projectID, scope: .project(Sample.projectID))
        )
        #expect(first.requestID == member["x-openstack-request-id"])
        #expect(first.requestID != global)
        #expect(first.traceContext == trace)
        #expect(changes.last?.caller.scope == .all)
        #expect(changes.last?.traceContext == nil)
        #expect(changes.last?.requestID != first.requestID)
        #expect(harness.log.lines.first?.value("global.request.id") == global)
    }

    @Test(
        "DELETE is 204, also when there was nothing to do",
        arguments: [RequestOutcome.accepted(task: Sample.taskID), .already(task: nil)]
    )
    func delete(outcome: RequestOutcome) async {
        let reply = await Harness(server: Sample.server(), outcome: outcome).send(.delete, server)
        #expect(reply.status == 204)
        #expect(reply.body.isEmpty)
        #expect(reply["content-type"] == "application/json")
    }

    @Test("a second forceDelete gets the task of the first")
    func repeatedForceDelete() async {
        let reply = await Harness(server: Sample.server(), outcome: .already(task: Sample.taskID))
            .act(#"{"forceDelete": null}"#)
        #expect(reply.status == 202)
        #expect(reply["location"]?.hasSuffix("/tasks/\(Sample.taskID.text)") == true)
    }

    @Test(
        "a refusal is a conflict that says why",
        arguments: [
            (RequestOutcome.wrongVMState(.active), "Cannot '@' instance # while it is in vm_state active"),
            (.wrongTaskState(.restoring), "Cannot '@' instance # while it is in task_state restoring"),
        ]
    )
    func conflict(outcome: RequestOutcome, message: String) async throws {
        for (action, name) in [("restore", "restore"), ("forceDelete", "forceDelete"), ("delete", "delete")] {
            let expected = message.replacing("@", with: name).replacing("#", with: Sample.id.text)
            try await send(action, outcome).expectFault(409, "conflictingRequest", expected)
        }
    }

    @Test("a locked server is a conflict, in Nova's two ways of saying so")
    func locked() async throws {
        try await send("restore", .locked)
            .expectFault(409, "conflictingRequest", "Instance \(Sample.id.text) is in an invalid state for 'restore'")
        for action in ["forceDelete", "delete"] {
            try await send(action, .locked)
                .expectFault(409, "conflictingRequest", "Instance \(Sample.id.text) is locked")
        }
    }

    @Test("a project that has too many unfinished tasks is told to wait", arguments: ["restore", "delete"])
    func overLimit(action: String) async throws {
        let reply = await send(action, .overLimit)
        #expect(reply["retry-after"] == "10")
        try reply.expectFault(
            429,
            "overLimit",
            "The project has too many unfinished tasks. Retry when some of them have ended."
        )
    }

    @Test("what the store does not find is not found", arguments: ["restore", "forceDelete", "delete"])
    func notFound(action: String) async throws {
        try await send(action, .notFound)
            .expectFault(404, "itemNotFound", "Instance \(Sample.id.text) could not be found.")
    }

    @Test("a reader may not delete")
    func readerDeletes() async throws {
        let harness = Harness(server: Sample.server())
        try await harness.send(.delete, server, token: Harness.reader)
            .expectFault(403, "forbidden", "Policy doesn't allow os_compute_api:servers:delete to be performed.")
        try await harness.send(.delete, "/v2.1/servers/\(Sample.unknownID.text)", token: Harness.reader)
            .expectFault(404, "itemNotFound", "Instance \(Sample.unknownID.text) could not be found.")
    }

    @Test("Nova's other actions conflict with the bin", arguments: [("os-start", "start"), ("rebuild", "rebuild")])
    func otherActionInBin(action: String, verb: String) async throws {
        try await Harness(server: Sample.server()).act("{\"\(action)\": null}").expectFault(
            409,
            "conflictingRequest",
            "Cannot '\(verb)' instance \(Sample.id.text) while it is in vm_state soft-delete"
        )
    }

    @Test(
        "Nova's other actions are not implemented elsewhere",
        arguments: ["os-start", "os-resetState", "os-getVNCConsole"]
    )
    func otherAction(action: String) async throws {
        let reply = await Harness(server: Sample.server(.active)).act("{\"\(action)\": null}")
        #expect(reply.status == 501)
        #expect((try reply.object("notImplemented")["message"] as? String)?.contains(action) == true)
        try await Harness().act("{\"\(action)\": null}")
            .expectFault(404, "itemNotFound", "Instance \(Sample.id.text) could not be found.")
    }

    private func send(_ action: String, _ outcome: RequestOutcome) async -> Reply {
        let harness = Harness(server: Sample.server(), outcome: outcome)
        if action == "delete" { return await harness.send(.delete, server) }
        return await harness.act("{\"\(action)\": null}")
    }
}
