import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("The OpenAPI description")
struct OpenAPITests {
    private typealias Object = [String: Any]

    private static let methods: Set<String> = ["get", "put", "post", "delete"]

    private func document() throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(OpenAPI.document))
        return try #require(object as? [String: Any])
    }

    /// Every operation as `METHOD /path`, with what stands there.
    private func operations() throws -> [String: [String: Any]] {
        let paths = try #require(try document()["paths"] as? [String: Object])
        var operations: [String: Object] = [:]
        for (path, item) in paths {
            for (method, operation) in item where Self.methods.contains(method) {
                operations["\(method.uppercased()) \(path)"] = try #require(operation as? Object)
            }
        }
        return operations
    }

    @Test("is served to everybody, as it stands")
    func served() async throws {
        let reply = await Harness().get("/openapi.json", token: nil)
        #expect(reply.status == 200 && reply.body == OpenAPI.document)
        #expect(reply["content-type"] == "application/json")
        #expect(try document()["openapi"] as? String == "3.1.0")
        #expect(await Harness().send(.head, "/openapi.json", token: nil).status == 200)
        for path in ["/openapi.json/", "/openapi.json/x"] {
            #expect(await Harness().get(path, token: nil).status == 300)
        }
        #expect(await Harness().send(.post, "/openapi.json", token: nil).status == 300)
    }

    @Test("has every route that there is and no other")
    func routes() throws {
        let described = Set(try operations().keys.map(Self.withoutNames)).subtracting(["GET /"])
        let routed = RouteTable.ours.map { Self.withoutNames("\($0.method?.rawValue ?? "*") /\($0.path)") }
        #expect(described == Set(routed))
    }

    /// What stands in braces has other names in the routes.
    private static func withoutNames(_ path: String) -> String {
        path.replacing(/\{[a-z_]+\}/, with: "{}")
    }

    @Test("gives each operation a name of its own, and says of each what every request can be answered with")
    func answers() throws {
        let operations = try operations()
        let names = operations.values.compactMap { $0["operationId"] as? String }
        #expect(names.count == operations.count && Set(names).count == names.count)
        for (operation, description) in operations {
            let statuses = Set(try #require(description["responses"] as? Object).keys)
            let always: Set = ["400", "401", "403", "404", "406", "408", "413", "501", "503"]
            #expect(statuses.isSuperset(of: always), "\(operation)")
            #expect(!statuses.contains("500"), "\(operation)")
        }
        let action = try #require(operations["POST /servers/{server_id}/action"]?["responses"] as? Object)
        #expect(Set(action.keys).isSuperset(of: ["202", "409", "415", "429"]))
    }

    @Test("refers to nothing that is not there, and has nothing that nobody refers to")
    func references() throws {
        let document = try document()
        var found: Set<String> = []
        Self.collect(document, &found)
        let components = try #require(document["components"] as? [String: Object])
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
