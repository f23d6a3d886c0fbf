import Compute
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("What Nova's schemas refuse")
struct SchemaWordsTests {
    private let harness = Harness(server: Sample.server())

    private static let server = "/v2.1/servers/\(Sample.id.text)"
    private static let action = "/v2.1/servers/\(Sample.id.text)/action"
    private static let noName =
        "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with "
        + "whitespace."

    @Test(
        "in a body is told in their words, also to one who may not",
        arguments: [
            (server, "2.1", #"{"server": {"name": " x "}}"#, noName),
            (server, "2.1", #"{"server": {"name": "   "}}"#, noName),
            (server, "2.1", #"{"server": {"name": "a\u0000b"}}"#, noName),
            (server, "2.1", #"{"server": {"name": "a\nb"}}"#, noName),
            (
                server, "2.1", #"{"server": {"name": null}}"#,
                "Invalid input for field/attribute name. Value: None. None is not of type 'string'"
            ),
            (
                server, "2.19", #"{"server": {"description": 7}}"#,
                "Invalid input for field/attribute description. Value: 7. 7 is not of type 'string', 'null'"
            ),
            (
                server, "2.1", #"{"server": {"foo": 1}}"#,
                "Invalid input for field/attribute server. Value: {'foo': 1}. Additional properties are not allowed "
                    + "('foo' was unexpected)"
            ),
            ("/v2.1/servers/nope", "2.1", #"{"other": 1}"#, "'server' is a required property"),
            (
                server, "2.1", #"{"server": {"name": "\"a:", "foo": [{"z": 1, "b": null}], "bar": {}}}"#,
                "Invalid input for field/attribute server. Value: {'name': '\"a:', 'foo': [{'z': 1, 'b': None}], "
                    + "'bar': {}}. Additional properties are not allowed ('bar', 'foo' were unexpected)"
            ),
            (
                "/v2.1/os-quota-sets/aa", "2.1", #"{"quota_set": {"foo": 1}}"#,
                "Invalid input for field/attribute quota_set. Value: {'foo': 1}. Additional properties are not allowed "
                    + "('foo' was unexpected)"
            ),
            (
                "/v2.1/os-services/nope", "2.1", #"{"host": "a b", "binary": "nova-compute"}"#,
                "Invalid input for field/attribute host. Value: a b. 'a b' does not match '^[a-zA-Z0-9-._]*$'"
            ),
            ("/v2.1/os-services/nope", "2.1", "{}", "'host' is a required property"),
            (
                "/v2.1/os-services/force-down", "2.10",
                #"{"host": "h", "binary": "nova-compute", "forced_down": true}"#,
                "Additional properties are not allowed ('forced_down' was unexpected)"
            ),
            (
                "/v2.1/os-services/enable", "2.53", #"{"host": "h", "binary": "nova-compute"}"#,
                "Additional properties are not allowed ('binary', 'host' were unexpected)"
            ),
            ("/v2.1/os-services/nope", "2.53", #"{"status": "enabled"}"#, "Invalid uuid nope"),
            (
                "/v2.1/os-services/\(Sample.unknownID.text)", "2.53", #"{"status": ""}"#,
                "Invalid input for field/attribute status. Value: . '' is not one of ['enabled', 'disabled']"
            ),
        ]
    )
    func body(path: String, version: String, body: String, message: String) async throws {
        let reply = await harness.send(
            .put,
            path,
            token: Harness.reader,
            version: version,
            body: Array(body.utf8)
        )
        try reply.expectFault(400, "badRequest", message)
    }

    @Test(
        "of a lock's reason is told in their words",
        arguments: [
            ("7", "Invalid input for field/attribute lock. Value: 7. 7 is not of type 'object', 'null'"),
            (#""x""#, "Invalid input for field/attribute lock. Value: x. 'x' is not of type 'object', 'null'"),
            (
                #"{"foo": 1, "bar": 2}"#,
                "Invalid input for field/attribute lock. Value: {'foo': 1, 'bar': 2}. Additional properties are not "
                    + "allowed ('bar', 'foo' were unexpected)"
            ),
            (
                #"{"foo": 1, "locked_reason": ""}"#,
                "Invalid input for field/attribute locked_reason. Value: . '' should be non-empty"
            ),
        ]
    )
    func lock(value: String, message: String) async throws {
        let reply = await harness.send(
            .post,
            Self.action,
            version: "2.73",
            body: Array("{\"lock\": \(value)}".utf8)
        )
        try reply.expectFault(400, "badRequest", message)
    }

    @Test(
        "in a query is told from 2.75 on",
        arguments: ["/v2.1/os-quota-sets/aa", "/v2.1/os-quota-sets/aa/detail", "/v2.1/limits", "/v2.1/os-services"]
    )
    func query(path: String) async throws {
        let old = await harness.get(path + "?foo=1", token: Harness.administrator, version: "2.74")
        #expect(old.status == 200)
        try await harness.get(path + "?foo=1", version: "2.75")
            .expectFault(400, "badRequest", "Additional properties are not allowed ('foo' was unexpected)")
    }

    @Test(
        "is nothing else than Nova's schema has for a server",
        arguments: [
            ("2.1", "accessIPv4", "x", "'x' is not a 'ipv4'"),
            ("2.1", "accessIPv6", "1.2.3.4", "'1.2.3.4' is not a 'ipv6'"),
            ("2.1", "OS-DCF:diskConfig", "x", "'x' is not one of ['AUTO', 'MANUAL']"),
            ("2.90", "hostname", "x", "'x' does not match '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$'"),
            ("2.90", "hostname", "a.b", "'a.b' does not match '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$'"),
        ]
    )
    func fields(version: String, field: String, value: String, complaint: String) async throws {
        try await put(field, value, version).expectFault(
            400,
            "badRequest",
            "Invalid input for field/attribute \(field). Value: \(value). \(complaint)"
        )
    }

    @Test(
        "is implemented for what Reprieve keeps",
        arguments: [
            ("2.1", "accessIPv4", "1.2.3.4"), ("2.1", "accessIPv6", "fe80::1"), ("2.1", "OS-DCF:diskConfig", "AUTO"),
            ("2.90", "hostname", "web-1"),
        ]
    )
    func unkept(version: String, field: String, value: String) async throws {
        let message = try await put(field, value, version).object("notImplemented")["message"] as? String
        #expect(message?.hasPrefix("Changing \(field) is not implemented: ") == true)
        // Who may not is told that first.
        #expect(await put(field, value, version, token: Harness.reader).status == 403)
        #expect(await put("OS-DCF:diskConfig", "MANUAL", "2.1").status == 200)
        #expect(await put("hostname", "web-1", "2.89").status == 400)
        #expect(harness.servers.state.servers.first?.name == Sample.server().name)
    }

    private func put(
        _ field: String,
        _ value: String,
        _ version: String,
        token: String = Harness.member
    ) async -> Reply {
        let body = Array("{\"server\": {\"\(field)\": \"\(value)\"}}".utf8)
        return await harness.send(.put, Self.server, token: token, version: version, body: body)
    }

    @Test("is no description that spans lines")
    func description() async throws {
        let body = Array(#"{"server": {"description": "a\nb"}}"#.utf8)
        let reply = await harness.send(.put, Self.server, version: "2.19", body: body)
        #expect(reply.status == 400)
    }
}
