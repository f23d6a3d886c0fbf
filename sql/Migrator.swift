import Crypto
package import Postgres

/// Brings a database's schema up to what this program needs, and checks that it is there.
///
/// Every file is applied in a transaction of its own, under one advisory lock that the transaction holds: any number of
/// migrators may run at once, and one that is killed leaves nothing half done.
package struct Migrator: Sendable {
    private let pool: ConnectionPool

    package init(pool: ConnectionPool) {
        self.pool = pool
    }

    /// Applies what is missing or has changed.
    /// - Returns: the names of the files that this call applied.
    /// - Throws: ``SchemaError`` `.tooNew`; `PostgresError`.
    package func migrate() async throws -> [String] {
        try await pool.withConnection { connection in
            try await connection.transaction { connection in
                try await lock(connection)
                try await connection.runScript(Self.bookkeeping)
            }
            try Self.requireKnown(await recorded(connection))
            var applied: [String] = []
            for file in SchemaSQL.migrations + SchemaSQL.functions where try await apply(file, connection) {
                applied.append(file.name)
            }
            return applied
        }
    }

    /// The names of the files that ``migrate()`` would apply now.
    package func plan() async throws -> [String] {
        try await pool.withConnection { connection in
            let recorded = try await recorded(connection)
            try Self.requireKnown(recorded)
            return Self.missing(recorded)
        }
    }

    /// Makes sure that this program and the schema fit together.
    /// - Throws: ``SchemaError`` `.tooOld`, `.tooNew`, each with one clear line; `PostgresError`.
    package static func check(_ pool: ConnectionPool) async throws {
        let recorded = try await pool.withConnection { try await Migrator(pool: pool).recorded($0) }
        try requireNotTooNew(recorded)
        let known = Set(recorded.map(\.name))
        let absent = (SchemaSQL.migrations + SchemaSQL.functions).filter { !known.contains($0.name) }
        guard let first = absent.first else { return }
        throw SchemaError(
            .tooOld,
            "the database's schema is too old for this program: \(first.name) is missing; run \"reprieve migrate\""
        )
    }
}

extension Migrator {
    /// As ``check(_:)``, but waits while the database does not answer.
    /// - Parameter onWait: told once, of the first failure.
    package static func waitForSchema(_ pool: ConnectionPool, onWait: (PostgresError) -> Void) async throws {
        var backoff = Backoff(base: .milliseconds(100), cap: .seconds(5))
        var isFirst = true
        while true {
            do {
                return try await check(pool)
            } catch let error as PostgresError where error.retry != .never {
                if isFirst { onWait(error) }
                isFirst = false
                try await Task.sleep(for: backoff.next())
            }
        }
    }
}

// MARK: - What is recorded

extension Migrator {
    struct Record: Sendable {
        var name: String
        var digest: String
        /// The oldest program version that still works on a schema with this file.
        var compatibleFrom: Int
    }

    private func recorded(_ connection: Connection) async throws -> [Record] {
        let exists = try await connection.execute(
            Statement("SELECT to_regclass('reprieve.schema_files') IS NOT NULL AS yes")
        )
        guard try exists.first?.decode(Bool.self, "yes") == true else { return [] }
        return try await connection.execute(
            Statement("SELECT name, digest, compatible_from FROM reprieve.schema_files")
        )
        .map { row in
            Record(
                name: try row.decode(String.self, "name"),
                digest: try row.decode(String.self, "digest"),
                compatibleFrom: Int(try row.decode(Int32.self, "compatible_from"))
            )
        }
    }

    private static func missing(_ recorded: [Record]) -> [String] {
        let digests = Dictionary(uniqueKeysWithValues: recorded.map { ($0.name, $0.digest) })
        return SchemaSQL.migrations.map(\.name).filter { digests[$0] == nil }
            + SchemaSQL.functions.filter { digests[$0.name] != $0.digest }.map(\.name)
    }

    private static func requireNotTooNew(_ recorded: [Record]) throws {
        guard let newest = recorded.max(by: { $0.compatibleFrom < $1.compatibleFrom }),
            newest.compatibleFrom > SchemaSQL.version
        else { return }
        throw SchemaError(
            .tooNew,
            "the database's schema is too new for this program (version \(SchemaSQL.version)): \(newest.name) needs"
                + " version \(newest.compatibleFrom) or later; update this program"
        )
    }

    /// A program does not migrate a schema that a later one made: it would put its own, older functions back.
    private static func requireKnown(_ recorded: [Record]) throws {
        try requireNotTooNew(recorded)
        let known = Set((SchemaSQL.migrations + SchemaSQL.functions).map(\.name))
        guard let stranger = recorded.map(\.name).filter({ !known.contains($0) }).min() else { return }
        throw SchemaError(
            .tooNew,
            "the database's schema was made by a later program than this one (version \(SchemaSQL.version)), which"
                + " does not know \(stranger); migrate with that program"
        )
    }

    /// - Returns: whether it was applied here and now.
    private func apply(_ file: SchemaFile, _ connection: Connection) async throws -> Bool {
        let isMigration = SchemaSQL.migrations.contains { $0.name == file.name }
        return try await connection.transaction { connection in
            try await lock(connection)
            let digest = try await connection.execute(Self.digestStatement, [.text(file.name)])
                .first?.decode(String.self, "digest")
            guard digest != file.digest, !(isMigration && digest != nil) else { return false }
            // Functions name each other in any order.
            try await connection.runScript("SET LOCAL check_function_bodies = off;\n" + file.text)
            try await connection.execute(
                Self.recordStatement,
                [.text(file.name), .text(file.digest), .integer(Int32(file.compatibleFrom))]
            )
            return true
        }
    }

    private func lock(_ connection: Connection) async throws {
        try await connection.execute(Statement("SELECT pg_advisory_xact_lock(hashtext('reprieve.migrate'))"))
    }

    private static let digestStatement = Statement("SELECT digest FROM reprieve.schema_files WHERE name = $1")
    private static let recordStatement = Statement(
        """
        INSERT INTO reprieve.schema_files (name, digest, compatible_from, applied_at)
        VALUES ($1, $2, $3, clock_timestamp())
        ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, applied_at = excluded.applied_at
        """
    )
    private static let bookkeeping = """
        CREATE SCHEMA IF NOT EXISTS reprieve;
        CREATE TABLE IF NOT EXISTS reprieve.schema_files (
            name text PRIMARY KEY,
            digest text NOT NULL,
            compatible_from integer NOT NULL,
            applied_at timestamptz NOT NULL
        );
        """
}

extension SchemaFile {
    /// SHA-256 of the text, in hex.
    var digest: String {
        SHA256.hash(data: Array(text.utf8)).map { byte in
            let hex = String(byte, radix: 16)
            return hex.count == 1 ? "0" + hex : hex
        }.joined()
    }

    /// From the line `-- compatible-from: N` in a migration; 1 elsewhere.
    var compatibleFrom: Int {
        let marker = "-- compatible-from: "
        let line = text.split(separator: "\n").first { $0.hasPrefix(marker) }
        return line.flatMap { Int($0.dropFirst(marker.count)) } ?? 1
    }
}

/// The schema and this program do not fit together.
package struct SchemaError: Error, Sendable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        enum Value { case tooOld, tooNew }
        let value: Value
        /// Something this program needs is missing: migrate.
        package static let tooOld = Code(value: .tooOld)
        /// Something this program needs was taken away: update the program.
        package static let tooNew = Code(value: .tooNew)
    }

    package let code: Code
    package let message: String
    package var description: String { message }

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}
