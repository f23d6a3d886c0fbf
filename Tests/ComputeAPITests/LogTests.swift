import Foundation
import HTTPTypes
import Logging
import Testing

@testable import ComputeAPI

@Suite("The log of requests")
struct LogTests {
    private let harness = Harness(server: Sample.server())

    @Test("one line tells of each request")
    func line() async throws {
        let reply = await harness.get("/v2.1/servers?name=private", version: "2.9")
        #expect(harness.log.lines.count == 1)
        let line = try #require(harness.log.lines.first)
        #expect(line.level == .info)
        #expect(line.value("request.id") == reply["x-openstack-request-id"])
        #expect(line.value("http.method") == "GET")
        #expect(line.value("http.path") == "/v2.1/servers")
        #expect(line.value("http.status") == "200")
        #expect(line.value("project.id") == Sample.projectID)
        #expect(line.value("user.id") == Sample.userID)
        #expect(line.value("http.bytes") == "\(reply.body.count)")
        #expect(line.value("duration_ms").flatMap { Double($0) } != nil)
        #expect(line.value("global.request.id") == nil)
    }

    @Test("a token is never in it, good or bad", arguments: ["alice:ab:sesame", "sesame", "sesame:ab"])
    func token(token: String) async {
        _ = await harness.get("/v2.1/servers", token: token)
        _ = await harness.act(#"{"restore": null}"#, token: token)
        #expect(harness.log.lines.count == 2)
        #expect(!harness.log.lines.contains { "\($0.metadata)".contains(token) })
    }

    @Test("nothing of the query and of the headers is in it, but the request id of the caller")
    func secrets() async {
        let id = RequestID.make()
        let headers: HTTPFields = [.openStackRequestID: id, .authorization: "sesame", .cookie: "sesame"]
        _ = await harness.send(.get, "/v2.1/servers?password=sesame", headers: headers)
        var keyed = headers
        if let name = HTTPField.Name("Idempotency-Key") { keyed[name] = "sesame" }
        _ = await harness.act(#"{"restore": null}"#, headers: keyed)
        #expect(harness.log.lines.map { $0.value("global.request.id") } == [id, id])
        #expect(!harness.log.lines.contains { "\($0)".contains("sesame") })
    }

    @Test(
        "what is no request id of a caller's is not logged as one",
        arguments: ["x", "req-1", "req-" + Sample.id.uuidString]
    )
    func globalRequestID(text: String) async {
        _ = await harness.send(.get, "/v2.1/servers", headers: [.openStackRequestID: text])
        #expect(harness.log.lines.first?.value("global.request.id") == nil)
    }
}
