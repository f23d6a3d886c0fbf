import Foundation
import Postgres
import TestSupport
import Testing

@Suite("Starting up", .migratedDatabase)
struct StartUpTests {
    @Test(
        "with a wrong setting ends with one line that names the key, and with status 78",
        arguments: [
            ("reprieve-api", ["REPRIEVE_API_PORT": "70000"], "api.port"),
            ("reprieve-api", ["REPRIEVE_API_AUTH": "open"], "api.auth"),
            ("reprieve-api", ["REPRIEVE_API_HOST": "0.0.0.0"], "api.host"),
            ("reprieve-api", ["REPRIEVE_API_TLS_KEY": "/nowhere"], "api.tls_certificate is not set"),
            (
                "reprieve-api", ["REPRIEVE_API_TLS_KEY": "/nowhere", "REPRIEVE_API_TLS_CERTIFICATE": "/nowhere"],
                "api.tls_certificate: /nowhere cannot be read"
            ),
            (
                "reprieve-api", ["REPRIEVE_API_MAX_CONNECTIONS": "100", "REPRIEVE_API_MAX_WAITING": "100"],
                "api.max_waiting"
            ),
            (
                "reprieve-api",
                ["REPRIEVE_API_MAX_WAITING": "8", "REPRIEVE_API_MAX_WAITING_PER_PROJECT": "9"],
                "api.max_waiting_per_project"
            ),
            ("reprieve-api", ["REPRIEVE_LOG_LEVEL": "loud"], "log.level"),
            ("reprieve-api", ["REPRIEVE_DATABASE_URL": ""], "database.url"),
            ("reprieve-worker", ["REPRIEVE_WORKER_LEASE": "1h"], "worker.lease"),
            ("reprieve-worker", ["REPRIEVE_WORKER_CONCURRENCY": "many"], "worker.concurrency"),
            ("reprieve-worker", ["REPRIEVE_WORKER_DRIVER": "magic"], "worker.driver"),
            ("reprieve-worker", ["REPRIEVE_WORKER_HOSTS": ","], "worker.hosts"),
            ("reprieve-worker", ["REPRIEVE_WORKER_HOSTS": "../x"], "worker.hosts"),
            ("reprieve-worker", ["REPRIEVE_WORKER_RETRY_BASE": "2m", "REPRIEVE_WORKER_RETRY_CAP": "1m"], "retry_cap"),
            ("reprieve-worker", ["REPRIEVE_DATABASE_URL": "nonsense=1"], "database.url"),
            ("reprieve-api", ["REPRIEVE_DATABASE_URL": "nonsense=1"], "database.url"),
            ("reprieve-worker", ["REPRIEVE_FAKE_DIRECTORY": ""], "fake.directory"),
        ]
    )
    func wrongSetting(program: String, change: [String: String], key: String) async throws {
        try await Fleet.run { fleet in
            let usual = [
                "REPRIEVE_API_AUTH": "noauth", "REPRIEVE_API_PORT": "0", "REPRIEVE_API_HEALTH_PORT": "0",
                "REPRIEVE_WORKER_DRIVER": "fake", "REPRIEVE_FAKE_DIRECTORY": fleet.folder.path,
            ]
            let process = try fleet.start(program, environment: usual.merging(change) { $1 })
            #expect(try await process.ended() == 78)
            let lines = process.output.split(separator: "\n")
            #expect(lines.count == 1)
            #expect(process.output.hasPrefix("\(program): "))
            #expect(process.output.contains(key))
        }
    }

    @Test("never shows the database's password, not even when the connection string is wrong")
    func password() async throws {
        try await Fleet.run { fleet in
            for url in ["postgresql://u:hunter2@[::broken/db", "host=/nowhere password=hunter2 nonsense=1"] {
                let process = try fleet.start(
                    "reprieve-worker",
                    environment: [
                        "REPRIEVE_WORKER_DRIVER": "fake", "REPRIEVE_FAKE_DIRECTORY": fleet.folder.path,
                        "REPRIEVE_DATABASE_URL": url,
                    ]
                )
                #expect(try await process.ended() != 0)
                #expect(!process.output.isEmpty && !process.output.contains("hunter2"))
            }
        }
    }

    @Test(
        "on a schema that is too old or too new ends with one clear line",
        arguments: ["reprieve-api", "reprieve-worker"]
    )
    func wrongSchema(program: String) async throws {
        let changes: [(Statement, String)] = [
            (Statement("DELETE FROM reprieve.schema_files WHERE name = 'm0002_compute'"), "too old"),
            (
                Statement("INSERT INTO reprieve.schema_files VALUES ('m9999_future', 'x', 9999, clock_timestamp())"),
                "too new"
            ),
        ]
        try await Fleet.run { fleet in
            for (change, word) in changes {
                _ = try await fleet.database.withPool { try await $0.execute(change) }
                let process = try fleet.start(
                    program,
                    environment: [
                        "REPRIEVE_API_AUTH": "noauth", "REPRIEVE_API_PORT": "0", "REPRIEVE_API_HEALTH_PORT": "0",
                        "REPRIEVE_WORKER_DRIVER": "fake", "REPRIEVE_FAKE_DIRECTORY": fleet.folder.path,
                    ]
                )
                #expect(try await process.ended() == 1)
                let said = process.output.split(separator: "\n")
                #expect(said.count == 1 && said[0].hasPrefix("\(program): ") && said[0].contains(word), "\(said)")
            }
        }
    }
}
