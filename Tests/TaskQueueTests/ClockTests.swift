import Foundation
import TaskQueue
import TestSupport
import Testing

@Suite("A database whose clock is set back", .migratedDatabase)
struct ClockTests {
    @Test("does not let a task in backoff wait until the old time comes again")
    func backoff() async throws {
        let database = TestDatabase.current
        let id = try await database.withQueue(clockOffset: "3 days") { fixture in
            let id = try await fixture.enqueue()
            let task = try #require(try await fixture.claim().first)
            try await fixture.finish(task, .retrying(after: .seconds(60)))
            return id
        }
        try await database.withQueue { fixture in
            try await fixture.sweep()
            #expect(try await fixture.claim().map(\.id) == [id])
        }
    }
}
