import Foundation
import Testing

@testable import ComputeAPI

/// The description of the API, taken apart for tests.
struct OpenAPIDocument {
    typealias Object = [String: Any]

    /// One method of one path.
    struct Operation {
        let method: String
        let path: String
        /// Whether the path is a whole one, and not what follows a version.
        let isWhole: Bool
        /// Its own parameters and those of its path.
        let parameters: [Object]
        let description: Object
        /// What can be answered, by status.
        let responses: [String: Object]

        var name: String { "\(method) \(path)" }
    }

    let root: Object
    let operations: [Operation]

    private static let methods: Set<String> = ["get", "put", "post", "delete", "head", "options", "patch", "trace"]

    init() throws {
        let root = try #require(try JSONSerialization.jsonObject(with: Data(OpenAPI.document)) as? Object)
        self.root = root
        let paths = try #require(root["paths"] as? [String: Object])
        operations = try paths.sorted { $0.key < $1.key }.flatMap { path, item in
            try item.filter { Self.methods.contains($0.key) }.map { method, description in
                try Self.operation(method, path, item, try #require(description as? Object), root)
            }
        }
    }

    private static func operation(
        _ method: String,
        _ path: String,
        _ item: Object,
        _ description: Object,
        _ root: Object
    ) throws -> Operation {
        let parameters = try [item, description].flatMap { try #require(($0["parameters"] ?? []) as? [Object]) }
        let responses = try #require(description["responses"] as? [String: Object])
        return Operation(
            method: method.uppercased(),
            path: path,
            isWhole: item["servers"] != nil,
            parameters: try parameters.map { try resolve($0, in: root) },
            description: description,
            responses: try responses.mapValues { try resolve($0, in: root) }
        )
    }

    /// What an object means: what it refers to, or itself.
    func resolve(_ object: Object) throws -> Object {
        try Self.resolve(object, in: root)
    }

    private static func resolve(_ object: Object, in root: Object) throws -> Object {
        guard let reference = object["$ref"] as? String else { return object }
        let found = reference.split(separator: "/").dropFirst().reduce(root as Any?) { part, name in
            (part as? Object)?[String(name)]
        }
        return try #require(found as? Object, "\(reference) is not there")
    }
}
