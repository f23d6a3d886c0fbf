import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("Answers and their OpenAPI description")
struct OpenAPIAnswerTests {
    private let document: OpenAPIDocument

    init() throws {
        document = try OpenAPIDocument()
    }

    private static func harness() -> Harness {
        var state = MemoryServers.State()
        state.servers = [Sample.server()]
        state.actions = [Sample.action("restore")]
        state.events = [Sample.event()]
        state.tasks = [Sample.task()]
        state.outcomes = [.success(.accepted(task: Sample.taskID))]
        state.services = [ComputeService(id: Sample.taskID, number: 7, host: Sample.host, isAlive: true)]
        return Harness(state)
    }

    /// Headers that every HTTP server sends, and the type that stands beside the schema.
    private static let plain: Set<String> = ["content-type", "content-length", "connection"]

    private static let bodies = [
        "POST /servers/{server_id}/action": #"{"restore": null}"#,
        "PUT /servers/{server_id}": #"{"server": {"name": "mine"}}"#,
        "PUT /os-quota-sets/{project_id}": #"{"quota_set": {"instances": 1}}"#,
        "PUT /os-services/{service_id}": #"{"status": "disabled"}"#,
    ]

    private static let parameters = [
        "{server_id}": Sample.id.text, "{request_id}": Sample.requestID, "{project_id}": Sample.projectID,
        "{task_id}": Sample.taskID.text, "{service_id}": Sample.taskID.text,
    ]

    private func ask(
        _ operation: OpenAPIDocument.Operation,
        under base: String,
        token: String?,
        version: String?,
        headers: HTTPFields = [:],
        body: String? = nil
    ) async throws -> Reply {
        let path = Self.parameters.reduce(operation.path) { $0.replacing($1.key, with: $1.value) }
        return await Self.harness().send(
            try #require(HTTPRequest.Method(operation.method)),
            operation.isWhole ? path : base + path,
            token: token,
            version: version,
            headers: headers,
            body: Array((body ?? Self.bodies[operation.name] ?? "").utf8)
        )
    }

    /// Checks that the description has the status and each header, and that the answer has what it must have.
    private func hold(_ reply: Reply, against operation: OpenAPIDocument.Operation) throws {
        let place = "\(operation.name) \(reply.status)"
        let response = try #require(operation.responses["\(reply.status)"], "\(place): \(reply.text)")
        let declared = try #require((response["headers"] ?? [:]) as? [String: [String: Any]])
        let names = Set(declared.keys.map { $0.lowercased() })
        let sent = Set(reply.headers.map(\.name.canonicalName)).subtracting(Self.plain)
        #expect(names.isSuperset(of: sent), "\(place) has no \(sent.subtracting(names))")
        for (name, header) in declared {
            let header = try document.resolve(header)
            let value = reply[name]
            if header["required"] as? Bool == true { #expect(value != nil, "\(place) must have \(name)") }
            let pattern = (header["schema"] as? [String: Any])?["pattern"] as? String
            guard let value, let pattern else { continue }
            #expect(value.contains(try Regex(pattern)), "\(place) \(name): \(value)")
        }
    }

    @Test("each answer has a status and headers that the description has, in every form of the URL")
    func answers() async throws {
        for operation in document.operations {
            for base in ["/v2.1", "/v2.1/\(Sample.projectID)", "/v2", "/v2/\(Sample.projectID)"] {
                for token in [Harness.administrator, Harness.member, Harness.reader, Harness.stranger, nil] {
                    for version in [nil, "2.96", "2.97", "x"] {
                        let reply = try await ask(operation, under: base, token: token, version: version)
                        try hold(reply, against: operation)
                    }
                }
            }
        }
    }

    @Test("each operation comes out well, with headers that the description has")
    func successes() async throws {
        for operation in document.operations {
            let reply = try await ask(operation, under: "/v2.1", token: Harness.administrator, version: "2.96")
            #expect((200..<300).contains(reply.status), "\(operation.name): \(reply.text)")
            try hold(reply, against: operation)
            guard !operation.isWhole else { continue }
            for name in ["openstack-api-version", "x-openstack-nova-api-version", "vary"] {
                #expect(reply[name] != nil, "\(operation.name) \(name)")
            }
        }
    }

    @Test("what has not changed is described wherever it is answered, and nowhere else")
    func unchanged() async throws {
        for operation in document.operations where operation.method == "GET" {
            let known: HTTPFields = [.ifNoneMatch: "*"]
            let reply = try await ask(
                operation,
                under: "/v2.1",
                token: Harness.member,
                version: nil,
                headers: known
            )
            #expect((reply.status == 304) == (operation.responses["304"] != nil), "\(operation.name)")
            let takesTag = operation.parameters.contains { $0["name"] as? String == "If-None-Match" }
            #expect(takesTag == (operation.responses["304"] != nil), "\(operation.name)")
            try hold(reply, against: operation)
        }
    }

    @Test("a dry run says what its schema has, and no more")
    func dryRun() async throws {
        let operation = try #require(document.operations.first { $0.name == "POST /servers/{server_id}/action" })
        let body = #"{"restore": {"dry_run": true}}"#
        let reply = try await ask(operation, under: "/v2.1", token: Harness.reader, version: nil, body: body)
        try hold(reply, against: operation)
        let run = try reply.object("dry_run")
        let schema = try document.resolve(["$ref": "#/components/schemas/DryRun"])
        #expect(Set(run.keys) == Set(try #require(schema["properties"] as? [String: Any]).keys))
        let blockers = try #require(run["blockers"] as? [[String: Any]])
        let blocker = try document.resolve(["$ref": "#/components/schemas/Blocker"])
        let properties = try #require(blocker["properties"] as? [String: [String: Any]])
        #expect(blockers.map { $0["code"] as? String } == ["policy"])
        #expect(Set(try #require(blockers.first).keys) == Set(properties.keys))
        let codes = try #require(properties["code"]?["enum"] as? [String])
        #expect(codes.contains("policy"))
    }
}
