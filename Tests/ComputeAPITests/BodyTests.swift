import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("Bodies of actions")
struct BodyTests {
    private let harness = Harness(server: Sample.server())
    private let path = "/v2.1/servers/\(Sample.id.text)/action"

    @Test(
        "what is no object with one key is malformed",
        arguments: [
            "", " ", "{", "{}", "nonsense", #"{"restore": null} x"#, #"{"restore": null, "lock": null}"#, "[]",
            "[{}, {}]",
            #""""#, #""ab""#, #"{"restore": NaN}"#, "{'restore': null}", "\u{FEFF}{\"restore\": null}",
            "{\"restore\": \"\u{0}\"}", #"{"restore": nul}"#, #"{"restore": [1, ]}"#, #"{"restore": null,}"#,
        ]
    )
    func malformed(body: String) async throws {
        try await harness.act(body).expectFault(400, "badRequest", "Malformed request body")
    }

    @Test("what is no object and counts one is not found", arguments: ["null", "7", "true", "[{}]", #""a""#])
    func noObject(body: String) async throws {
        try await harness.act(body).expectFault(404, "itemNotFound", "The resource could not be found.")
    }

    @Test(
        "a body that must be an object is told what it is instead",
        arguments: [("", "None"), ("null", "None"), ("[]", "[]"), ("7", "7"), (#""x""#, "'x'")]
    )
    func otherThanObject(body: String, name: String) async throws {
        try await harness.send(.put, "/v2.1/servers/\(Sample.id.text)", body: Array(body.utf8))
            .expectFault(400, "badRequest", "\(name) is not of type 'object'")
    }

    @Test("a text that must not be empty is told so in the words of the schema")
    func emptyText() async throws {
        let body = Array(#"{"server": {"name": ""}}"#.utf8)
        try await harness.send(.put, "/v2.1/servers/\(Sample.id.text)", body: body).expectFault(
            400,
            "badRequest",
            "Invalid input for field/attribute name. Value: . '' should be non-empty"
        )
    }

    @Test(
        "what is no UTF-8 is malformed",
        arguments: [
            Array("{\"restore\": \"".utf8) + [0xFF] + Array("\"}".utf8),
            Array("{\"restore\": null}".utf16).flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] },
        ]
    )
    func noUTF8(body: [UInt8]) async throws {
        try await harness.send(.post, path, body: body).expectFault(400, "badRequest", "Malformed request body")
    }

    @Test("nesting is bounded, and brackets in strings are no nesting")
    func nesting() async throws {
        let deep = { (depth: Int) in
            "{\"restore\": " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        #expect(await harness.act(deep(63)).status == 202)
        try await harness.act(deep(64)).expectFault(400, "badRequest", "Malformed request body")
        try await harness.act(deep(50_000)).expectFault(400, "badRequest", "Malformed request body")
        let text = String(repeating: #"[\"{"#, count: 200)
        #expect(await harness.act("{\"restore\": \"\(text)\"}").status == 202)
        #expect(await harness.act(#"{"restore": ["a,", {"b": ",]"}]}"#).status == 202)
    }

    @Test("a key that comes twice is one key")
    func duplicateKey() async {
        #expect(await harness.act(#"{"restore": 1, "restore": 2}"#).status == 202)
    }

    @Test("an action that there is not is named as it came", arguments: ["Restore", "restore ", "", "\u{1F5D1}"])
    func unknownAction(name: String) async throws {
        try await harness.act("{\"\(name)\": null}")
            .expectFault(400, "badRequest", "There is no such action: \(name)")
    }

    @Test(
        "these content types are JSON",
        arguments: [
            nil, "text/plain", "application/json", "application/json; charset=latin-1",
            "application/vnd.openstack.compute+json", "application/json;charset=UTF-8",
        ]
    )
    func readable(type: String?) async {
        var headers: HTTPFields = [:]
        headers[.contentType] = type
        #expect(await harness.act(#"{"restore": null}"#, headers: headers).status == 202)
    }

    @Test(
        "these are not",
        arguments: ["APPLICATION/JSON", "application/xml", "*/*", "application/x-www-form-urlencoded", "json"]
    )
    func unreadable(type: String) async throws {
        try await harness.act(#"{"restore": null}"#, headers: [.contentType: type])
            .expectFault(415, "badMediaType", "Unsupported Content-Type")
    }

    @Test(
        "an answer has the type that the caller likes better",
        arguments: [
            ("", "application/json"), ("*/*", "application/json"),
            ("application/vnd.openstack.compute+json;version=2.1", "application/vnd.openstack.compute+json"),
            ("application/json, application/vnd.openstack.compute+json", "application/json"),
            (
                "application/json;q=0.5, application/vnd.openstack.compute+json;q=0.9",
                "application/vnd.openstack.compute+json"
            ),
        ]
    )
    func accept(accept: String, type: String) async {
        let headers: HTTPFields = [.accept: accept]
        #expect(await harness.act(#"{"restore": null}"#, headers: headers)["content-type"] == type)
        #expect(await harness.send(.get, "/v2.1/servers", headers: headers)["content-type"] == type)
    }
}
