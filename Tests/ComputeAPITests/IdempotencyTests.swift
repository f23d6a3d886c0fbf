import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("The header Idempotency-Key")
struct IdempotencyTests {
    private let key: HTTPFields = [.idempotencyKey: "2d1f 'order' 7"]
    private let server = "/v2.1/servers/\(Sample.id.text)"

    private func harness(_ outcomes: [RequestOutcome]) -> Harness {
        var state = MemoryServers.State()
        state.servers = [Sample.server()]
        state.outcomes = outcomes.map { .success($0) }
        return Harness(state)
    }

    @Test(
        "a repeated request is made under the id of the first and answered alike",
        arguments: ["restore", "forceDelete"]
    )
    func repeated(action: String) async {
        let harness = harness([.accepted(task: Sample.taskID)])
        let first = await harness.act("{\"\(action)\": null}", headers: key)
        // The other form of the URL asks for the same.
        let path = "/v2.1/\(Sample.projectID)/servers/\(Sample.id.text)/action"
        let second = await harness.act("{\"\(action)\": null}", on: path, headers: key)
        #expect(first.status == 202 && second.status == 202)
        #expect(first["x-openstack-request-id"] == second["x-openstack-request-id"])
        #expect(second["location"]?.hasSuffix("/tasks/\(Sample.taskID.text)") == true)
        #expect(Set(harness.servers.state.changes).count == 1)
        #expect(harness.log.lines.last?.value("request.id") == first["x-openstack-request-id"])
    }

    @Test("requests without a key, with another, or from another project have nothing to do with each other")
    func others() async {
        let harness = harness([.accepted(task: Sample.taskID)])
        var foreign = Sample.server()
        foreign.id = Sample.unknownID
        foreign.projectID = Sample.otherProjectID
        harness.servers.change { $0.servers.append(foreign) }
        for headers in [key, [:], [.idempotencyKey: "other"]] {
            #expect(await harness.act(#"{"restore": null}"#, headers: headers).status == 202)
        }
        let path = "/v2.1/servers/\(Sample.unknownID.text)/action"
        #expect(await harness.act(#"{"restore": null}"#, on: path, token: Harness.stranger, headers: key).status == 202)
        #expect(Set(harness.servers.state.changes.map(\.requestID)).count == 4)
    }

    @Test("another request under the same key is refused, however little it differs")
    func anotherRequest() async throws {
        let harness = harness([.accepted(task: Sample.taskID)])
        #expect(await harness.act(#"{"restore": null}"#, headers: key).status == 202)
        for reply in [
            await harness.act(#"{"restore": {}}"#, headers: key),
            await harness.act(#"{"forceDelete": null}"#, headers: key),
            await harness.act(#"{"lock": null}"#, headers: key),
            await harness.send(.delete, server, headers: key),
            await harness.act(
                #"{"restore": null}"#,
                on: "/v2.1/servers/\(Sample.unknownID.text)/action",
                headers: key
            ),
        ] {
            try reply.expectFault(422, "unprocessableEntity", "This Idempotency-Key was used for another request.")
        }
        #expect(harness.servers.state.changes.count == 1)
    }

    @Test("a refusal is not kept: the same request is tried again")
    func refused() async {
        let harness = harness([.overLimit, .accepted(task: Sample.taskID)])
        #expect(await harness.act(#"{"restore": null}"#, headers: key).status == 429)
        #expect(await harness.act(#"{"restore": null}"#, headers: key).status == 202)
        #expect(Set(harness.servers.state.changes.map(\.requestID)).count == 1)
    }

    @Test("a DELETE for which there was nothing to do never deletes anything later")
    func nothingToDo() async {
        let harness = harness([.already(task: nil), .accepted(task: Sample.taskID)])
        for _ in 0..<2 { #expect(await harness.send(.delete, server, headers: key).status == 204) }
        #expect(harness.servers.state.changes.count == 1)
    }

    @Test("a lock is not locked again by its repetition")
    func lock() async {
        let harness = harness([])
        for _ in 0..<2 { #expect(await harness.act(#"{"lock": null}"#, headers: key).status == 202) }
        #expect(harness.servers.state.locks.count == 1)
    }

    @Test("a key that is empty, too long or not printable is refused", arguments: ["", "é", "a\tb", "256"])
    func badKey(text: String) async throws {
        let key = text == "256" ? String(repeating: "k", count: 256) : text
        let harness = harness([.accepted(task: Sample.taskID)])
        try await harness.act(#"{"restore": null}"#, headers: [.idempotencyKey: key])
            .expectFault(400, "badRequest", "An Idempotency-Key has 1 to 255 printable ASCII characters.")
        #expect(harness.servers.state.changes.isEmpty)
        let longest: HTTPFields = [.idempotencyKey: String(repeating: "k", count: 255)]
        #expect(await harness.act(#"{"restore": null}"#, headers: longest).status == 202)
    }
}
