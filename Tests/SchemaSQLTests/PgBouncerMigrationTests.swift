import Postgres
import SchemaSQL
import TestSupport
import Testing

@Suite("Migrating through PgBouncer in transaction mode", .emptyDatabase)
struct PgBouncerMigrationTests {
    @Test("makes the whole schema, with several migrators at once", arguments: [PgBouncer.Reset.never, .always])
    func migrates(_ reset: PgBouncer.Reset) async throws {
        try await PgBouncer.run(reset: reset) { bouncer in
            let migrators = 4
            try await bouncer.withPool(maximumConnections: migrators) { pool in
                let applied = try await withThrowingTaskGroup { group in
                    for _ in 0..<migrators { group.addTask { try await Migrator(pool: pool).migrate() } }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                let files = SchemaSQL.migrations + SchemaSQL.functions
                #expect(applied.sorted() == files.map(\.name).sorted())
                #expect(try await Migrator(pool: pool).plan().isEmpty)
                try await Migrator.check(pool)
            }
        }
    }
}

@Suite("The state of a session")
struct SessionStateTests {
    /// What lives longer than a transaction, and what it is called in SQL.
    private static let kinds: [(what: String, pattern: String)] = [
        ("an advisory lock of the session", #"\bpg_(try_)?advisory_(un)?lock"#),
        ("a temporary table", #"\btemp(orary)?\s+(table|view|sequence)\b|\bpg_temp\b"#),
        ("a setting of the session", #"\bset\s+session\b|\bset_config\s*\([^;]*,\s*false\s*\)"#),
        ("a subscription", #"\blisten\s"#),
        ("a cursor that outlives its transaction", #"\bwith\s+hold\b"#),
        ("a prepared statement", #"^\s*(prepare|deallocate)\s"#),
        ("a sequence's last value", #"\b(currval|lastval)\s*\("#),
    ]

    @Test("is nowhere in the schema, since behind a pooler the next transaction is on another session")
    func absent() throws {
        for file in SchemaSQL.migrations + SchemaSQL.functions {
            let lines = file.text.lowercased().split(separator: "\n")
            let code = lines.filter { !$0.hasPrefix("--") }.joined(separator: "\n")
            for kind in Self.kinds {
                let pattern = try Regex(kind.pattern).anchorsMatchLineEndings()
                #expect(code.firstMatch(of: pattern) == nil, "\(file.name) holds \(kind.what)")
            }
        }
    }
}
