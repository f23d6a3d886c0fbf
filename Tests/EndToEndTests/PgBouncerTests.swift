import Compute
import Foundation
import TestSupport
import Testing

@Suite("Real processes behind PgBouncer in transaction mode", .migratedDatabase)
struct PgBouncerTests {
    @Test("delete and restore without being configured for it, and the worker says once why it polls")
    func deleteRestore() async throws {
        try await PgBouncer.run(serverConnections: 2) { bouncer in
            let environment = ["REPRIEVE_DATABASE_URL": bouncer.connectionString]
            try await Fleet.run { fleet in
                let api = try await fleet.startAPI(environment: environment)
                let workers = try (0..<2).map { _ in try fleet.startWorker(environment: environment) }
                var ids: [UUID] = []
                for _ in 0..<5 { ids.append(try await fleet.adopt()) }
                for id in ids { #expect(try await api.delete(id).status == 204) }
                try await fleet.waitFor(.softDelete, of: ids)
                for id in ids { #expect(try await api.restore(id).status == 202) }
                try await fleet.waitFor(.active, of: ids)
                for worker in workers {
                    try await waitUntil("the worker says that it polls") { worker.lines(with: "polling only") == 1 }
                    #expect(worker.output.contains("a pooler in transaction mode"))
                    #expect(worker.lines(with: "prepared statements are lost") == 1)
                    #expect(worker.lines(with: "level=error") == 0)
                }
            }
        }
    }
}

extension ChildProcess {
    fileprivate func lines(with text: String) -> Int {
        output.split(separator: "\n").count { $0.contains(text) }
    }
}
