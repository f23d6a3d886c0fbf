import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("The OpenAPI description")
struct OpenAPITests {
    private typealias Object = OpenAPIDocument.Object

    private let document: OpenAPIDocument

    init() throws {
        document = try OpenAPIDocument()
    }

    @Test("is served to everybody, as it stands")
    func served() async throws {
        let reply = await Harness().get("/openapi.json", token: nil)
        #expect(reply.status == 200 && reply.body == OpenAPI.document)
        #expect(reply["content-type"] == "application/json")
        #expect(document.root["openapi"] as? String == "3.1.0")
        #expect(await Harness().send(.head, "/openapi.json", token: nil).status == 200)
        for path in ["/openapi.json/", "/openapi.json/x"] {
            #expect(await Harness().get(path, token: nil).status == 300)
        }
        #expect(await Harness().send(.post, "/openapi.json", token: nil).status == 300)
    }

    @Test("has every route that there is and no other")
    func routes() throws {
        let operations = document.operations
        let described = operations.filter { !$0.isWhole }.map { Self.withoutNames($0.name) }
        let routed = RouteTable.ours.map { Self.withoutNames("\($0.method?.rawValue ?? "*") /\($0.path)") }
        #expect(Set(described) == Set(routed) && described.count == routed.count)
        let whole = operations.filter(\.isWhole)
        #expect(Set(whole.map(\.name)) == ["GET /", "GET /v2", "GET /v2.1", "GET /openapi.json"])
        for operation in whole {
            #expect(EntryPoint(RequestTarget(operation.path)) != .choices, "\(operation.name)")
        }
    }

    @Test("says where every form of the routes is")
    func servers() throws {
        let servers = try #require(document.root["servers"] as? [Object])
        let urls = servers.compactMap { $0["url"] as? String }
        #expect(urls == ["/v2.1", "/v2.1/{project_id}", "/v2", "/v2/{project_id}"])
        for url in urls {
            let path = url.replacing("{project_id}", with: Sample.projectID) + "/servers"
            let target = RequestTarget(path)
            #expect(EntryPoint(target) != .choices && RouteTable.match(.get, target.segments.dropFirst()) != nil)
        }
    }

    /// What stands in braces has other names in the routes.
    private static func withoutNames(_ path: String) -> String {
        path.replacing(/\{[a-z_]+\}/, with: "{}")
    }

    @Test("gives each operation a name of its own, a summary and a tag that is declared")
    func names() throws {
        let names = document.operations.compactMap { $0.description["operationId"] as? String }
        #expect(names.count == document.operations.count && Set(names).count == names.count)
        let tags = Set(try #require(document.root["tags"] as? [Object]).compactMap { $0["name"] as? String })
        for operation in document.operations {
            #expect((operation.description["summary"] as? String)?.isEmpty == false, "\(operation.name)")
            let used = try #require(operation.description["tags"] as? [String], "\(operation.name)")
            #expect(!used.isEmpty && tags.isSuperset(of: used), "\(operation.name)")
        }
    }

    @Test("declares each parameter of a path, once, and no other")
    func parameters() throws {
        for operation in document.operations {
            let declared = operation.parameters.filter { $0["in"] as? String == "path" }
            let wanted = operation.path.matches(of: /\{([a-z_]+)\}/).map { String($0.output.1) }
            #expect(declared.compactMap { $0["name"] as? String } == wanted, "\(operation.name)")
            #expect(declared.allSatisfy { $0["required"] as? Bool == true }, "\(operation.name)")
            let all = operation.parameters.map { "\($0["in"] ?? "") \($0["name"] ?? "")" }
            #expect(Set(all).count == all.count, "\(operation.name)")
        }
    }

    @Test("says of each operation how it comes out well, and what every request can be answered with")
    func answers() throws {
        for operation in document.operations {
            let statuses = Set(operation.responses.keys)
            #expect(statuses.contains { $0.hasPrefix("2") }, "\(operation.name)")
            #expect(!statuses.contains("500"), "\(operation.name)")
            var always: Set = ["400", "408", "413", "414", "431", "503"]
            if !operation.isWhole { always.formUnion(["401", "403", "404", "406", "415", "501"]) }
            #expect(statuses.isSuperset(of: always), "\(operation.name)")
            for (status, response) in operation.responses {
                #expect((response["description"] as? String)?.isEmpty == false, "\(operation.name) \(status)")
                let hasBody = response["content"] != nil
                #expect(hasBody == !["202", "204", "304"].contains(status), "\(operation.name) \(status)")
            }
        }
    }

    @Test("refers to nothing that is not there, and has nothing that nobody refers to")
    func references() throws {
        var found: Set<String> = []
        Self.collect(document.root, &found)
        let components = try #require(document.root["components"] as? [String: Object])
        let there = components.filter { $0.key != "securitySchemes" }.flatMap { kind, parts in
            parts.keys.map { "#/components/\(kind)/\($0)" }
        }
        #expect(found == Set(there))
    }

    private static func collect(_ value: Any, _ references: inout Set<String>) {
        switch value {
        case let object as Object:
            if let reference = object["$ref"] as? String { references.insert(reference) }
            for part in object.values { collect(part, &references) }
        case let array as [Any]: for part in array { collect(part, &references) }
        default: break
        }
    }
}
