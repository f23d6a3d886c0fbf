import Compute
import Foundation
import Postgres
import TestSupport
import Testing

@Suite("The command line, on a running fleet")
struct CommandLineTests {
    /// Runs `reprieve` to its end.
    private func reprieve(
        _ fleet: Fleet,
        _ arguments: String...,
        api: APIClient? = nil,
        token: String = Fleet.owner
    ) async throws -> (status: Int32, output: String) {
        var environment = ["REPRIEVE_TOKEN": token]
        if let api { environment["REPRIEVE_URL"] = api.base + "/v2.1" }
        let process = try fleet.start("reprieve", arguments, environment: environment)
        return (try await process.ended(within: .seconds(60)), process.output)
    }

    @Test("deletes and restores by name and waits for the end", .migratedDatabase)
    func deleteAndRestore() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            try fleet.startWorker()
            let id = try await fleet.adopt(name: "web-1")
            let deleted = try await reprieve(fleet, "server", "delete", "web-1", "--wait", api: api)
            #expect(deleted.status == 0, "\(deleted.output)")
            #expect(try await fleet.server(id).vmState == .softDelete)

            let bin = try await reprieve(fleet, "bin", "list", api: api)
            #expect(bin.status == 0)
            #expect(
                bin.output.contains(id.text) && bin.output.contains("web-1")
                    && (bin.output.contains("6d 23h") || bin.output.contains("7d"))
            )

            let restored = try await reprieve(fleet, "server", "restore", "web-1", "--wait", api: api)
            #expect(restored.status == 0, "\(restored.output)")
            #expect(try await fleet.server(id).vmState == .active)

            let tasks = try await reprieve(fleet, "task", "list", "--json", api: api)
            let json = try #require(try JSONSerialization.jsonObject(with: Data(tasks.output.utf8)) as? [[String: Any]])
            #expect(json.compactMap { $0["kind"] as? String } == ["restore", "soft_delete"])
            let workers = try await reprieve(fleet, "worker", "list")
            #expect(workers.status == 0 && workers.output.contains("compute-01"))
        }
    }

    @Test("tells by its exit status what went wrong", .migratedDatabase)
    func exitStatus() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            let id = try await fleet.adopt().text
            #expect(try await reprieve(fleet, "server", "restore", id, api: api).status == 1)
            #expect(try await reprieve(fleet, "server", "restore", "--nonsense", api: api).status == 2)
            #expect(try await reprieve(fleet, "server", "restore", UUID().text, api: api).status == 3)
            #expect(try await reprieve(fleet, "server", "restore", id, api: api, token: "bob:bbbb").status == 3)
            #expect(try await reprieve(fleet, "server", "delete", id, api: api, token: "eve:aaaa:reader").status == 4)
            #expect(try await reprieve(fleet, "server", "list", api: api, token: "nobody").status == 4)
            var gone = api
            gone = APIClient(process: gone.process, base: "http://127.0.0.1:1", token: gone.token)
            #expect(try await reprieve(fleet, "server", "list", api: gone).status == 5)
            // No worker lives, so nothing happens in time.
            let late = try await reprieve(fleet, "server", "delete", id, "--wait", "--timeout", "1s", api: api)
            #expect(late.status == 6)
        }
    }

    @Test("migrates an empty database, shows before what it would do, and afterwards has nothing to do", .emptyDatabase)
    func migrate() async throws {
        try await Fleet.run { fleet in
            let plan = try await reprieve(fleet, "migrate", "--dry-run")
            #expect(plan.status == 0 && plan.output.contains("m0001_queue") && plan.output.contains("queue_clock_v1"))
            let schemas = try await fleet.database.withPool { pool in
                try await pool.execute(Statement("SELECT to_regnamespace('queue') IS NULL AS none"))
                    .map { try $0.decode(Bool.self, "none") }
            }
            #expect(schemas == [true])
            #expect(try await reprieve(fleet, "migrate").status == 0)
            let again = try await reprieve(fleet, "migrate")
            #expect(again.status == 0 && again.output.contains("nothing to do"))
        }
    }
}
