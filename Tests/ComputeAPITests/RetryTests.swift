import Compute
import Foundation
import HTTPTypes
import Logging
import Testing

@testable import ComputeAPI

@Suite("When the database gives no clear answer")
struct RetryTests {
    private let unknown = Result<RequestOutcome, ComputeError>.failure(ComputeError(.outcomeUnknown, "lost"))
    private let down = Result<RequestOutcome, ComputeError>.failure(ComputeError(.databaseUnavailable, "down"))
    private let accepted = Result<RequestOutcome, ComputeError>.success(.accepted(task: Sample.taskID))

    private func harness(
        _ outcomes: [Result<RequestOutcome, ComputeError>],
        reads: [(any Error)?] = [],
        patience: Duration = .seconds(30)
    ) -> Harness {
        var state = MemoryServers.State()
        state.servers = [Sample.server()]
        state.outcomes = outcomes
        state.readErrors = reads
        return Harness(state) { $0.patience = patience }
    }

    @Test("a request whose outcome is unknown is repeated under the same id", arguments: ["restore", "forceDelete"])
    func repeated(action: String) async {
        let harness = harness([unknown, down, unknown, accepted])
        let reply = await harness.act("{\"\(action)\": null}")
        #expect(reply.status == 202)
        let changes = harness.servers.state.changes
        #expect(changes.count == 4)
        #expect(Set(changes).count == 1)
        #expect(changes.first?.requestID == reply["x-openstack-request-id"])
    }

    @Test("it is not repeated for ever, and the answer says that it is unknown")
    func impatient() async throws {
        let harness = harness([unknown], patience: .milliseconds(200))
        let reply = await harness.send(.delete, "/v2.1/servers/\(Sample.id.text)")
        try reply.expectFault(
            503,
            "serviceUnavailable",
            "It is not known yet whether the request was accepted. Look at the server before repeating it."
        )
        #expect(reply["retry-after"] == "1")
        #expect(harness.servers.state.changes.count > 1)
    }

    private static let unknownText =
        "It is not known yet whether the request was accepted. Look at the server before repeating it."

    @Test("a request that is called off while its outcome is unknown stays unknown")
    func calledOff() async {
        let (attempts, attempt) = AsyncStream<Void>.makeStream()
        let settling = Task {
            try await Persistence(patience: .seconds(300)).settle {
                attempt.yield()
                throw ComputeError(.outcomeUnknown, "lost")
            }
        }
        for await _ in attempts.prefix(1) {}
        settling.cancel()
        let error = await #expect(throws: ComputeError.self) { try await settling.value }
        #expect(error?.code == .outcomeUnknown)
    }

    @Test(
        "nobody is told that nothing was changed once something was",
        arguments: [
            ("POST servers/\(Sample.id.text)/action", #"{"lock": null}"#, 2),
            ("PUT servers/\(Sample.id.text)", #"{"server": {"name": "other"}}"#, 1),
            ("PUT os-quota-sets/\(Sample.projectID)", #"{"quota_set": {"cores": 7}}"#, 1),
            ("PUT os-services/\(Sample.taskID.text)", #"{"status": "disabled", "forced_down": true}"#, 2),
            ("PUT os-services/\(Sample.taskID.text)", #"{"status": "disabled", "forced_down": true}"#, 3),
        ]
    )
    func changedHalf(request: String, body: String, good: Int) async throws {
        let words = request.split(separator: " ").map(String.init)
        let method = try #require(HTTPRequest.Method(rawValue: words[0]))
        for failure in [ComputeError(.databaseUnavailable, "down"), CancellationError()] as [any Error] {
            let harness = harness([], reads: Array(repeating: nil, count: good) + [failure, failure])
            harness.servers.change {
                $0.services = [ComputeService(id: Sample.taskID, number: 7, host: Sample.host, isAlive: true)]
            }
            let reply = await harness.send(
                method,
                "/v2.1/\(words[1])",
                token: Harness.administrator,
                version: "2.96",
                headers: [.idempotencyKey: "k"],
                body: Array(body.utf8)
            )
            try reply.expectFault(503, "serviceUnavailable", Self.unknownText)
        }
    }

    @Test("one that surely did not happen is the caller's to repeat")
    func unavailable() async throws {
        let harness = harness([down])
        let reply = await harness.act(#"{"restore": null}"#)
        try reply.expectFault(
            503,
            "serviceUnavailable",
            "The database cannot be asked now. Nothing was changed."
        )
        #expect(reply["retry-after"] == "1")
        #expect(harness.servers.state.changes.count == 1)
    }

    @Test("a read is repeated once", arguments: ["servers", "servers/\(Sample.id.text)", "tasks"])
    func reads(path: String) async {
        let error = ComputeError(.databaseUnavailable, "down")
        #expect(await harness([], reads: [error]).get("/v2.1/\(path)").status == 200)
        let twice = harness([], reads: [error, error])
        #expect(await twice.get("/v2.1/\(path)").status == 503)
        #expect(twice.servers.state.reads == 2)
    }

    @Test("what nobody foresaw is 500 without details, and the log has them")
    func unexpected() async throws {
        let harness = harness([], reads: [ComputeError(.malformedRow, "secret detail")])
        let reply = await harness.get("/v2.1/servers")
        try reply.expectFault(
            500,
            "computeFault",
            "Unexpected API error. The log of the service has the reason under this request's id."
        )
        let line = try #require(harness.log.lines.first)
        #expect(line.level == .error)
        #expect(line.value("error.message")?.contains("secret detail") == true)
        #expect(line.value("request.id") == reply["x-openstack-request-id"])
    }

    @Test("an identity service that does not answer is 503, without details")
    func identity() async {
        let reply = await Harness(authenticator: Unreachable()).get("/v2.1/servers")
        #expect(reply.status == 503)
        #expect(reply["retry-after"] == "1")
        #expect(!reply.text.contains("10.1.2.3"))
    }
}
