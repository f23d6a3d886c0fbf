import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("A server that somebody holds locked", .migratedDatabase)
struct LockedServerTests {
    @Test("makes a batch of endings fail soon, and as a whole; the others can end alone", arguments: [false, true])
    func refuses(claims: Bool) async throws {
        try await Bin.open { bin in
            let servers = [try await bin.adopt(), try await bin.adopt()]
            for server in servers { _ = try await bin.delete(server) }
            let tasks = try await bin.claim()
            let endings = tasks.map { TaskEnding(lease: $0.held, verb: .succeeded) }
            let claim = ClaimRequest(
                workerID: "hand",
                kinds: Set(ServerTaskKind.allCases.map(\.rawValue)),
                queues: [.init(name: Bin.host, limit: 1)],
                leaseDuration: .seconds(30)
            )
            try await bin.pool.withConnection { connection in
                try await connection.transaction { connection in
                    try await connection.execute(
                        Statement("SELECT FROM compute.servers WHERE id = $1 FOR UPDATE"),
                        [.uuid(servers[0])]
                    )
                    #expect(await refusal(of: endings, claims ? claim : nil, by: bin.queue) == .contended)
                    #expect(try await bin.server(servers[1]).taskState != nil)
                    let other = try #require(tasks.first { $0.subjectID == servers[1] })
                    #expect(try await bin.finish(other, .succeeded).verdict == .finished)
                }
            }
            let locked = try #require(tasks.first { $0.subjectID == servers[0] })
            #expect(try await bin.finish(locked, .succeeded).verdict == .finished)
        }
    }

    @Test("keeps no request for another, and its own is refused soon and can be repeated")
    func requests() async throws {
        try await Bin.open { bin in
            let servers = [try await bin.adopt(), try await bin.adopt()]
            try await bin.pool.withConnection { connection in
                try await connection.transaction { connection in
                    try await connection.execute(
                        Statement("SELECT FROM compute.servers WHERE id = $1 FOR UPDATE"),
                        [.uuid(servers[0])]
                    )
                    let requests = servers.map { BatchRequest(server: $0) }
                    await #expect(throws: PostgresError.self) { try await bin.together(.delete, requests) }
                    await #expect(throws: ComputeError.self) { try await bin.delete(servers[0]) }
                    guard case .accepted = try await bin.delete(servers[1]) else { throw Unexpected("refused") }
                }
            }
            guard case .accepted = try await bin.delete(servers[0]) else { throw Unexpected("refused") }
        }
    }

    private func refusal(of endings: [TaskEnding], _ claim: ClaimRequest?, by queue: TaskQueue) async
        -> QueueError.Code?
    {
        do {
            _ = try await queue.exchange(endings: endings, claim: claim)
            return nil
        } catch {
            return (error as? QueueError)?.code
        }
    }
}
