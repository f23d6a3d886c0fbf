import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@testable import Compute

@Suite("Clients' keys", .migratedDatabase)
struct KeyTests {
    private let key = ClientKey(hash: UUID(), requestHash: UUID())

    private static func requestID(_ use: KeyUse) throws -> String {
        guard case .request(let id) = use else { throw Unexpected(description: "\(use)") }
        return id
    }

    private struct Unexpected: Error { let description: String }

    @Test("the first request gives its id to all that repeat it, and no other request has the key")
    func use() async throws {
        try await Bin.open { bin in
            let first = Bin.requestID()
            let created = try await bin.store.useKey(key, requestID: first)
            #expect(created == .request(id: first))
            let repeated = try await bin.store.useKey(key, requestID: Bin.requestID())
            #expect(repeated == .request(id: first))
            let other = ClientKey(hash: key.hash, requestHash: UUID())
            let foreign = try await bin.store.useKey(other, requestID: Bin.requestID())
            #expect(foreign == .taken)
            let second = Bin.requestID()
            let another = ClientKey(hash: UUID(), requestHash: key.requestHash)
            let separate = try await bin.store.useKey(another, requestID: second)
            #expect(separate == .request(id: second))
        }
    }

    @Test("of many that come at once one has an effect, and all get its answer")
    func concurrent() async throws {
        try await Bin.open { bin in
            let server = try await bin.softDeleted()
            let outcomes = try await withThrowingTaskGroup(of: RequestOutcome.self) { group in
                for _ in 0..<32 {
                    group.addTask {
                        let id = try Self.requestID(try await bin.store.useKey(key, requestID: Bin.requestID()))
                        return try await bin.restore(server, requestID: id)
                    }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(outcomes.count == 1)
            guard case .accepted = outcomes.first else { throw Unexpected(description: "\(outcomes)") }
            #expect(try await bin.store.actions(of: server).count { $0.action == "restore" } == 1)
        }
    }

    @Test("an answer that was lost is given again, also when the task has ended and the server is elsewhere by then")
    func lostAnswer() async throws {
        try await Bin.open { bin in
            let server = try await bin.softDeleted()
            let id = try Self.requestID(try await bin.store.useKey(key, requestID: Bin.requestID()))
            let first = try await bin.restore(server, requestID: id)
            try await bin.work(.succeeded)
            let again = try Self.requestID(try await bin.store.useKey(key, requestID: Bin.requestID()))
            #expect(try await bin.restore(server, requestID: again) == first)
            #expect(try await bin.server(server).vmState == .active)
            #expect(try await bin.claim().isEmpty)
        }
    }

    @Test("a request that found nothing to do finds nothing to do later either")
    func already() async throws {
        try await Bin.open { bin in
            let id = try Self.requestID(try await bin.store.useKey(key, requestID: Bin.requestID()))
            let task = UUID()
            try await bin.store.keepAnswer(task, for: key, requestID: id)
            let kept = try await bin.store.useKey(key, requestID: Bin.requestID())
            #expect(kept == .answered(id: id, task: task))
        }
    }

    @Test("a key is forgotten after 24 hours, whoever uses one then, and not before")
    func age() async throws {
        try await Bin.open { bin in
            let old = Bin.requestID()
            _ = try await bin.store.useKey(key, requestID: old)
            try await bin.store.keepAnswer(nil, for: key, requestID: old)
            try await bin.grow("23 hours 59 minutes")
            let young = try await bin.store.useKey(key, requestID: Bin.requestID())
            #expect(young == .answered(id: old, task: nil))
            try await bin.grow("2 minutes")
            let new = Bin.requestID()
            let other = ClientKey(hash: key.hash, requestHash: UUID())
            let renewed = try await bin.store.useKey(other, requestID: new)
            #expect(renewed == .request(id: new))
            let renewedAgain = try await bin.store.useKey(other, requestID: Bin.requestID())
            #expect(renewedAgain == .request(id: new))
            try await bin.grow("25 hours")
            _ = try await bin.store.useKey(ClientKey(hash: UUID(), requestHash: UUID()), requestID: Bin.requestID())
            #expect(try await bin.value(Int.self, Statement("SELECT count(*) AS value FROM compute.keys")) == 1)
        }
    }
}

extension Bin {
    /// Makes every key so much older.
    fileprivate func grow(_ interval: String) async throws {
        try await execute(
            Statement("UPDATE compute.keys SET created_at = created_at - $1::text::interval"),
            [.text(interval)]
        )
    }
}
