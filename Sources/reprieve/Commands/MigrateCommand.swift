import ArgumentParser
import SchemaSQL

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the database's schema up to what this program needs.",
        discussion: "Safe to run twice, and several times at once. Uses REPRIEVE_DATABASE_URL."
    )

    @Flag(help: "Say what would be applied, and change nothing.")
    var dryRun = false

    func run() async throws {
        let names = try await Database.withPool { pool in
            dryRun ? try await Migrator(pool: pool).plan() : try await Migrator(pool: pool).migrate()
        }
        for name in names { Output.line("\(dryRun ? "would apply" : "applied") \(name)") }
        if names.isEmpty { Output.line("nothing to do") }
    }
}
