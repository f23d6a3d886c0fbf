import Postgres
import SchemaSQL
package import Testing

extension Trait where Self == DatabaseTrait {
    /// A database of its own with the whole schema for each test, copied from a template that is migrated once.
    package static var migratedDatabase: DatabaseTrait {
        DatabaseTrait { try await $0.createMigratedDatabase() }
    }
}

extension PostgresCluster {
    /// A database with the whole schema, and no quotas.
    package func createMigratedDatabase() async throws -> TestDatabase {
        try await createDatabase(template: "migrated") { database in
            try await database.withPool { pool in
                _ = try await Migrator(pool: pool).migrate()
                // Many tests have more servers than a project may have by default, and are about something else.
                _ = try await pool.execute(
                    Statement("UPDATE compute.settings SET quota_instances = -1, quota_cores = -1, quota_ram = -1")
                )
            }
        }
    }
}
