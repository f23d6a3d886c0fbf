import Foundation
import Testing

@testable import SchemaSQL

@Suite("The files of the schema")
struct SchemaFilesTests {
    /// sql/ as it is beside these sources.
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../sql").standardized

    private static func names(in name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: name).path)
            .filter { $0.hasSuffix(".sql") }.map { String($0.dropLast(4)) }.sorted()
    }

    private static func text(_ folderName: String, _ file: SchemaFile) throws -> String {
        try String(contentsOf: folder.appending(path: "\(folderName)/\(file.name).sql"), encoding: .utf8)
    }

    @Test("are all embedded, migrations in order")
    func migrations() throws {
        let names = try Self.names(in: "migrations")
        #expect(!names.isEmpty && SchemaSQL.migrations.map(\.name) == names)
        for file in SchemaSQL.migrations { #expect(try Self.text("migrations", file) == file.text) }
    }

    @Test("are all embedded, each function under its own name")
    func functions() throws {
        let names = try Self.names(in: "functions")
        #expect(!names.isEmpty && SchemaSQL.functions.map(\.name).sorted() == names)
        for file in SchemaSQL.functions { #expect(try Self.text("functions", file) == file.text) }
    }

    @Test("begin with a comment that says what they are for", arguments: SchemaSQL.migrations + SchemaSQL.functions)
    func header(file: SchemaFile) {
        let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first?.hasPrefix("-- ") == true && (lines.first?.count ?? 0) > 20)
    }

    @Test("each define the one function they are named after", arguments: SchemaSQL.functions)
    func oneFunction(file: SchemaFile) throws {
        // queue_finish_tasks_v1 is queue.finish_tasks_v1.
        let schema = try #require(file.name.split(separator: "_").first)
        let function = "\(schema).\(file.name.dropFirst(schema.count + 1))("
        let definitions = file.text.lowercased().split(separator: "\n").filter { $0.hasPrefix("create ") }
        #expect(definitions.count == 1)
        #expect(definitions.first?.hasPrefix("create or replace function \(function)") == true)
    }

    @Test("say in each migration from which version on a program works with it", arguments: SchemaSQL.migrations)
    func compatibleFrom(file: SchemaFile) {
        #expect(file.text.contains("\n-- compatible-from: "))
        #expect(1...SchemaSQL.version ~= file.compatibleFrom)
    }
}
