import Foundation
import TestSupport
import Testing

@Suite("The dump of the schema", .migratedDatabase)
struct SchemaDumpTests {
    private static let file = SchemaFilesTests.folder.appending(path: "schema.sql")

    @Test("in sql/schema.sql is what the migrations and functions make; REPRIEVE_UPDATE_SCHEMA=1 rewrites it")
    func equals() async throws {
        let dump = Self.normalised(try await Self.dump(TestDatabase.current))
        #expect(dump.contains("CREATE TABLE queue.tasks ("))
        if ProcessInfo.processInfo.environment["REPRIEVE_UPDATE_SCHEMA"] == "1" {
            try dump.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        let kept = try String(contentsOf: Self.file, encoding: .utf8)
        let difference = dump.split(separator: "\n").difference(from: kept.split(separator: "\n"))
        #expect(difference.isEmpty, "sql/schema.sql is out of date: run this test with REPRIEVE_UPDATE_SCHEMA=1")
        #expect(dump == kept)
    }

    private static func dump(_ database: TestDatabase) async throws -> String {
        let target = FileManager.default.temporaryDirectory.appending(path: "schema-\(UUID()).sql")
        defer { try? FileManager.default.removeItem(at: target) }
        let arguments = [
            "pg_dump", "--schema-only", "--no-owner", "--no-privileges", "--file=\(target.path)",
            database.connectionString,
        ]
        let status = try await withCheckedThrowingContinuation { continuation in
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = arguments
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do {
                try process.run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
        try #require(status == 0, "pg_dump failed")
        return try String(contentsOf: target, encoding: .utf8)
    }

    /// Without what differs from one server or pg_dump to the next: comments outside bodies, settings, blank lines.
    private static func normalised(_ dump: String) -> String {
        var isInBody = false
        var lines: [Substring] = []
        for line in dump.split(separator: "\n") {
            let isNoise = ["--", "SET ", "SELECT pg_catalog.set_config", "\\"].contains { line.hasPrefix($0) }
            if isInBody || !isNoise { lines.append(line) }
            // Each body begins and ends with `$$` or `$_$`, in lines of their own.
            let quotes = line.components(separatedBy: "$$").count + line.components(separatedBy: "$_$").count
            if quotes.isMultiple(of: 2) == false { isInBody.toggle() }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
