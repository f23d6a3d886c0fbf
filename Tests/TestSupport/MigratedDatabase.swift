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
    /// A database with the whole schema.
    package func createMigratedDatabase() async throws -> TestDatabase {
        try await createDatabase(template: "migrated") { database in
            _ = try await database.withPool { try await Migrator(pool: $0).migrate() }
        }
    }
}
