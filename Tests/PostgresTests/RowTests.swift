import Foundation
import Postgres
import TestSupport
import Testing

@Suite("A row", .emptyDatabase)
struct RowTests {
    @Test("names the column and the type that do not fit")
    func mismatch() async throws {
        try await TestDatabase.current.withConnection { connection in
            let rows = try await connection.execute(
                Statement("SELECT 'x'::text AS word, NULL::bigint AS nothing, 70000 AS number")
            )
            let row = try #require(rows.first)
            for (column, type) in [("word", "Bool"), ("absent", "no column")] {
                let error = try #require(throws: PostgresError.self) { try row.decode(Bool.self, column) }
                #expect(error.code == .decoding && error.retry == .never)
                #expect(error.message.contains("\"\(column)\"") && error.message.contains(type))
            }
            let error = #expect(throws: PostgresError.self) { try row.decode(Int64.self, "nothing") }
            #expect(error?.message.contains("NULL") == true)
            #expect(throws: PostgresError.self) { try row.decode(Int16.self, "number") }
            #expect(try row.decode(Int64?.self, "nothing") == nil)
            #expect(try row.decode(Int64.self, "number") == 70000)
        }
    }

    @Test("is one of many, in order, and outlives its connection")
    func collection() async throws {
        let rows = try await TestDatabase.current.withConnection { connection in
            try await connection.execute(Statement("SELECT n FROM generate_series(1, 1000) AS n ORDER BY n"))
        }
        #expect(try rows.map { try $0.decode(Int.self, "n") } == Array(1...1000))
        #expect(rows.count == 1000 && rows.affectedRows == 1000)
        #expect(try rows.last?.decode(Int.self, "n") == 1000)
    }

    @Test("is absent when a statement gives none, and the rows it touched are counted")
    func none() async throws {
        try await TestDatabase.current.withConnection { connection in
            let made = try await connection.execute(Statement("CREATE TABLE t (n int)"))
            let inserted = try await connection.execute(Statement("INSERT INTO t SELECT generate_series(1, 7)"))
            let found = try await connection.execute(Statement("SELECT n FROM t WHERE n = $1"), [.integer(99)])
            #expect(made.isEmpty && made.affectedRows == 0)
            #expect(inserted.isEmpty && inserted.affectedRows == 7)
            #expect(found.isEmpty && found.affectedRows == 0)
        }
    }
}
