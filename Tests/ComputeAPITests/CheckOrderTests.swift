import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

/// Each request is wrong in everything that is checked later too.
@Suite("The order of checks on an action")
struct CheckOrderTests {
    private let harness = Harness(server: Sample.server(), outcome: .wrongVMState(.active))
    private let good = "/v2.1/servers/\(Sample.id.text)/action"
    private let foreign = "/v2.1/\(Sample.otherProjectID)/servers/\(Sample.unknownID.text)/action"

    @Test("1: the size, before the token")
    func size() async throws {
        let body = Array(repeating: UInt8(ascii: " "), count: 114_689)
        let reply = await harness.send(.post, "/v2.1/nowhere/", token: nil, version: "9.9", body: body)
        try reply.expectFault(413, "overLimit", "Request is too large: a body may have 114688 bytes.")
        #expect(reply["x-openstack-request-id"] != nil)
    }

    @Test("a body of exactly the bound is read")
    func largestBody() async throws {
        let text = #"{"restore": null}"#
        let body = Array((text + String(repeating: " ", count: 114_688 - text.utf8.count)).utf8)
        let reply = await harness.send(.post, good, body: body)
        #expect(reply.status == 409)
    }

    @Test("2: the token, before the route", arguments: [nil, "", "nonsense", "a:b:owner"])
    func token(token: String?) async throws {
        let reply = await harness.act("", on: "/v2.1/nowhere/", token: token, version: "9.9")
        #expect(reply.status == 401)
        #expect(reply["content-type"] == "application/json")
        #expect(reply["www-authenticate"] == "Keystone uri=\"http://127.0.0.1:5000\"")
        #expect(reply["openstack-api-version"] == nil)
        #expect(try reply.object("error")["code"] as? Int == 401)
    }

    @Test("a token that cannot be read is refused with the reason")
    func tokenReason() async throws {
        let reply = await harness.get("/v2.1/servers", token: "a:b:owner")
        #expect((try reply.object("error")["message"] as? String)?.contains("'owner'") == true)
    }

    @Test("3: the route, before the version")
    func route() async {
        let reply = await harness.act("", on: good + "/", version: "9.9", headers: [.contentType: "text/xml"])
        #expect(reply.status == 404)
        #expect(reply["content-type"] == "text/plain; charset=UTF-8")
        #expect(reply.text == "404 Not Found\n\nThe resource could not be found.\n\n   ")
        #expect(reply["openstack-api-version"] == nil)
        #expect(reply["x-openstack-request-id"] != nil)
    }

    @Test("4: the version, before the content type")
    func version() async throws {
        let reply = await harness.act("", on: foreign, version: "9.9", headers: [.contentType: "text/xml"])
        #expect(reply.status == 406)
    }

    @Test("5: the content type, before the body")
    func contentType() async throws {
        let reply = await harness.act("nonsense", on: foreign, headers: [.contentType: "text/xml"])
        try reply.expectFault(415, "badMediaType", "Unsupported Content-Type")
        #expect(reply["openstack-api-version"] == "compute 2.1")
    }

    @Test("5: the content type, of requests without a body too", arguments: [HTTPRequest.Method.get, .delete])
    func contentTypeAlone(method: HTTPRequest.Method) async throws {
        let path = "/v2.1/\(Sample.otherProjectID)/servers/\(Sample.id.text)"
        try await harness.send(method, path, headers: [.contentType: "text/xml"])
            .expectFault(415, "badMediaType", "Unsupported Content-Type")
    }

    @Test("6: the body, before the project of the URL")
    func body() async throws {
        try await harness.act("nonsense", on: foreign).expectFault(400, "badRequest", "Malformed request body")
        try await harness.act(#"{"Restore": null}"#, on: foreign)
            .expectFault(400, "badRequest", "There is no such action: Restore")
    }

    @Test("7: the project of the URL, before the server and for administrators too")
    func project() async throws {
        for token in [Harness.reader, Harness.administrator] {
            try await harness.act(#"{"restore": null}"#, on: foreign, token: token).expectFault(
                400,
                "badRequest",
                "Malformed request URL: URL's project_id '\(Sample.otherProjectID)' doesn't match Context's "
                    + "project_id '\(Sample.projectID)'"
            )
        }
        #expect(harness.servers.state.reads == 0)
    }

    @Test(
        "of a PUT too: the content type, the form of the body, the project of the URL",
        arguments: ["servers/\(Sample.unknownID.text)", "os-quota-sets/x", "os-services/enable"]
    )
    func put(path: String) async throws {
        let path = "/v2.1/\(Sample.otherProjectID)/\(path)"
        let ask = { (type: String, body: String) in
            await harness.send(.put, path, headers: [.contentType: type], body: Array(body.utf8))
        }
        try await ask("text/html", "{").expectFault(415, "badMediaType", "Unsupported Content-Type")
        try await ask("application/json", "{").expectFault(400, "badRequest", "Malformed request body")
        for body in ["{}", ""] {
            let reply = await ask("application/json", body)
            #expect(reply.status == 400 && reply.text.contains("Malformed request URL"), "\(reply.text)")
        }
    }

    @Test("9: the server, before the policy", arguments: [Sample.unknownID.text, "srv", Sample.id.uuidString])
    func server(id: String) async throws {
        try await harness.act(#"{"restore": null}"#, on: "/v2.1/servers/\(id)/action", token: Harness.reader)
            .expectFault(404, "itemNotFound", "Instance \(id) could not be found.")
    }

    @Test("9: a stranger's server is unknown, whatever the stranger may do")
    func stranger() async throws {
        let token = Harness.stranger + ":reader"
        try await harness.act(#"{"restore": null}"#, token: token)
            .expectFault(404, "itemNotFound", "Instance \(Sample.id.text) could not be found.")
    }

    @Test(
        "10: the policy, before the state",
        arguments: [("restore", "restore"), ("forceDelete", "force")]
    )
    func policy(action: String, rule: String) async throws {
        try await harness.act("{\"\(action)\": null}", token: Harness.reader).expectFault(
            403,
            "forbidden",
            "Policy doesn't allow os_compute_api:os-deferred-delete:\(rule) to be performed."
        )
        #expect(harness.servers.state.changes.isEmpty)
    }

    @Test("a caller who may costs no read")
    func hotPath() async {
        _ = await harness.act(#"{"restore": null}"#)
        #expect(harness.servers.state.reads == 0)
        #expect(harness.servers.state.changes.count == 1)
    }
}
