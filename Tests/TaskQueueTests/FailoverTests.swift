import Foundation
import Postgres
import TestSupport
import Testing

@testable import TaskQueue

@Suite("After a failover that lost the last claims' numbers")
struct FailoverTests {
    @Test("a lease of before ends nothing, extends nothing, and is not its successor's")
    func drawnAgain() async throws {
        let cluster = try await PostgresCluster.start()
        let database = try await cluster.createMigratedDatabase()
        let (id, before) = try await database.withQueue { fixture in
            let id = try await fixture.enqueue()
            return (id, try #require(try await fixture.claim(lease: .zero).first))
        }
        try await cluster.failOver()
        try await database.withQueue { fixture in
            try await fixture.run("SELECT setval('queue.lease_token_seq', 1, false)")
            #expect(try await fixture.sweep().rescued == 1)
            let after = try #require(try await fixture.claim("worker-2").first)
            #expect(after.lease.timeline > before.lease.timeline)
            #expect(after.lease.token > before.lease.token)

            #expect(try await fixture.finish(before, .succeeded)?.verdict == .lost)
            #expect(try await fixture.heartbeat([before])[id] == .lost)
            let stored = try await fixture.stored(id)
            #expect(stored.place == .tasks && stored.status == "running" && stored.workerID == "worker-2")
            #expect(try await fixture.finish(after, .succeeded)?.verdict == .finished)
        }
    }
}
