import Compute
import Foundation
import TaskQueue
import TestSupport
import Testing

@Suite("Lists of actions, and faults", .migratedDatabase)
struct ActionListTests {
    @Test("go page by page, newest first, within the bounds")
    func pages() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            _ = try await bin.adopt(name: "other")
            for isLocked in [true, false, true] {
                _ = try await bin.store.setLock(
                    isLocked,
                    of: id,
                    by: Bin.owner,
                    requestID: Bin.requestID()
                )
            }
            let all = try await bin.store.actions(of: id)
            #expect(all.map(\.action) == ["lock", "unlock", "lock", "create"])
            var seen: [ServerAction] = []
            while let next = try await bin.store.actions(of: id, ActionQuery(marker: seen.last?.requestID, limit: 1))
                .first
            {
                seen.append(next)
            }
            #expect(seen == all)
            #expect(try await bin.store.actions(of: id, ActionQuery(limit: 0)).isEmpty)
            let middle = all[1].updatedAt
            #expect(try await bin.store.actions(of: id, ActionQuery(since: middle)) == Array(all[...1]))
            #expect(try await bin.store.actions(of: id, ActionQuery(until: middle)) == Array(all[1...]))
        }
    }

    @Test("refuse a marker that is another server's")
    func foreignMarker() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            let other = try #require(try await bin.store.actions(of: bin.adopt(name: "other")).first)
            let error = await #expect(throws: ComputeError.self) {
                try await bin.store.actions(of: id, ActionQuery(marker: other.requestID))
            }
            #expect(error?.code == .markerNotFound)
        }
    }

    @Test("give the newest failure of each server that has one")
    func faults() async throws {
        try await Bin.open { bin in
            let failed = try await bin.softDeleted()
            let well = try await bin.softDeleted(name: "well")
            _ = try await bin.restore(failed)
            try await bin.work(.retrying(after: .zero), failure: Bin.away)
            try await bin.sweep()
            try await bin.work(.failed, failure: Bin.broken)
            let faults = try await bin.store.faults(of: [failed, well, UUID()])
            #expect(Array(faults.keys) == [failed])
            #expect(faults[failed]?.reason == Bin.broken.reason && faults[failed]?.cause == Bin.broken.cause)
        }
    }
}
