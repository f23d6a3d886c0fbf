import Foundation
import Postgres
import TestSupport
import Testing

@testable import SchemaSQL

@Suite("The migrator", .emptyDatabase)
struct MigratorTests {
    private static let allNames = (SchemaSQL.migrations + SchemaSQL.functions).map(\.name)

    @Test("applies every file, and the second time nothing")
    func appliesOnce() async throws {
        try await TestDatabase.current.withPool { pool in
            #expect(try await Migrator(pool: pool).migrate() == Self.allNames)
            #expect(try await Migrator(pool: pool).migrate() == [])
            #expect(try await Migrator(pool: pool).plan() == [])
            try await Migrator.check(pool)
        }
    }

    @Test("applies each file once when twenty of them run at once")
    func twenty() async throws {
        try await TestDatabase.current.withPool(maximumConnections: 20) { pool in
            let applied = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<20 { group.addTask { try await Migrator(pool: pool).migrate() } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == Self.allNames.sorted())
            try await Migrator.check(pool)
        }
    }

    @Test("plans what is missing, in order, and changes nothing")
    func plan() async throws {
        try await TestDatabase.current.withPool { pool in
            #expect(try await Migrator(pool: pool).plan() == Self.allNames)
            let schemas = try await pool.execute(
                Statement("SELECT FROM pg_namespace WHERE nspname IN ('queue', 'compute', 'reprieve')")
            )
            #expect(schemas.isEmpty)
        }
    }

    @Test("leaves nothing of a file that fails, and goes on from there")
    func failure() async throws {
        try await TestDatabase.current.withPool { pool in
            // In the way of the second migration, after the first.
            try await pool.withConnection { try await $0.runScript("CREATE SCHEMA compute") }
            let error = try await #require(throws: PostgresError.self) { try await Migrator(pool: pool).migrate() }
            #expect(error.sqlState == "42P06")
            #expect(try await Migrator(pool: pool).plan() == Array(Self.allNames.dropFirst()))
            try await pool.withConnection { try await $0.runScript("DROP SCHEMA compute") }
            #expect(try await Migrator(pool: pool).migrate() == Array(Self.allNames.dropFirst()))
        }
    }

    @Test("finds a database without a schema too old")
    func noSchema() async throws {
        try await TestDatabase.current.withPool { pool in
            let error = try await #require(throws: SchemaError.self) { try await Migrator.check(pool) }
            #expect(
                "\(error)" == "the database's schema is too old for this program: m0001_queue is missing;"
                    + " run \"reprieve migrate\""
            )
        }
    }
}

@Suite("A migrated database", .migratedDatabase)
struct MigratedDatabaseTests {
    private static func record(_ sql: String) async throws {
        try await TestDatabase.current.withConnection { try await $0.runScript(sql) }
    }

    private static func checkError() async throws -> SchemaError {
        try await TestDatabase.current.withPool { pool in
            try await #require(throws: SchemaError.self) { try await Migrator.check(pool) }
        }
    }

    @Test("gets a function again whose text has changed, and no other")
    func changedFunction() async throws {
        try await Self.record(
            """
            CREATE OR REPLACE FUNCTION queue.clock_v1() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()';
            UPDATE reprieve.schema_files SET digest = 'old' WHERE name = 'queue_clock_v1';
            """
        )
        try await TestDatabase.current.withPool { pool in
            #expect(try await Migrator(pool: pool).plan() == ["queue_clock_v1"])
            #expect(try await Migrator(pool: pool).migrate() == ["queue_clock_v1"])
            let source = try await pool.execute(
                Statement("SELECT prosrc FROM pg_proc WHERE oid = 'queue.clock_v1()'::regprocedure")
            )
            #expect(try source[0].decode(String.self, "prosrc").contains("reprieve.clock_offset"))
        }
    }

    @Test("never gets a migration again, even if its text has changed")
    func changedMigration() async throws {
        try await Self.record("UPDATE reprieve.schema_files SET digest = 'old' WHERE name = 'm0001_queue'")
        try await TestDatabase.current.withPool { pool in
            let (plan, applied) = (try await Migrator(pool: pool).plan(), try await Migrator(pool: pool).migrate())
            #expect(plan.isEmpty && applied.isEmpty)
        }
    }

    @Test("is too old when something this program needs is missing")
    func tooOld() async throws {
        try await Self.record("DELETE FROM reprieve.schema_files WHERE name >= 'queue_sweep_v1'")
        let error = try await Self.checkError()
        #expect(error.code == .tooOld)
        #expect(
            "\(error)" == "the database's schema is too old for this program: queue_sweep_v1 is missing;"
                + " run \"reprieve migrate\""
        )
    }

    @Test("is too new when a later program has taken away what this one needs")
    func tooNew() async throws {
        try await Self.record("INSERT INTO reprieve.schema_files VALUES ('m0099_gone', 'digest', 99, now())")
        let error = try await Self.checkError()
        let version = SchemaSQL.migrations.count
        #expect(error.code == .tooNew)
        #expect(
            "\(error)" == "the database's schema is too new for this program (version \(version)):"
                + " m0099_gone needs version 99 or later; update this program"
        )
        try await TestDatabase.current.withPool { pool in
            await #expect(throws: SchemaError.self) { try await Migrator(pool: pool).plan() }
            await #expect(throws: SchemaError.self) { try await Migrator(pool: pool).migrate() }
        }
    }

    @Test("fits a program that is older than it by additions only, which leaves it alone")
    func newerButCompatible() async throws {
        let version = SchemaSQL.migrations.count
        try await Self.record("INSERT INTO reprieve.schema_files VALUES ('m0099_more', 'digest', \(version), now())")
        try await TestDatabase.current.withPool { pool in
            try await Migrator.check(pool)
            let error = try await #require(throws: SchemaError.self) { try await Migrator(pool: pool).migrate() }
            #expect(error.code == .tooNew)
            #expect(
                "\(error)" == "the database's schema was made by a later program than this one (version \(version)),"
                    + " which does not know m0099_more; migrate with that program"
            )
        }
    }

    @Test("has functions whose bodies PostgreSQL accepts")
    func bodies() async throws {
        // The migrator applies them unchecked, since they name each other in any order; now all are there.
        try await TestDatabase.current.withConnection { connection in
            for file in SchemaSQL.functions {
                do {
                    try await connection.runScript(file.text)
                } catch {
                    Issue.record("\(file.name): \(error)")
                }
            }
        }
    }
}
