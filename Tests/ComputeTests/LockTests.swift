import Compute
import Foundation
import TestSupport
import Testing

@Suite("A lock on a server", .migratedDatabase)
struct LockTests {
    private func set(
        _ isLocked: Bool,
        _ bin: Bin,
        _ id: UUID,
        by caller: Caller = Bin.owner,
        reason: String? = nil
    ) async throws -> ServerStore.LockOutcome {
        try await bin.store.setLock(
            isLocked,
            of: id,
            by: caller,
            requestID: Bin.requestID(),
            reason: reason,
            mayOverride: caller.scope == .all
        )
    }

    @Test("keeps its owner from restoring and deleting, and no administrator; it is set and undone in any state")
    func refuses() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            #expect(try await set(true, bin, id, reason: "because") == .done)
            #expect(try await bin.server(id).lock == Server.Lock(byAdministrator: false, reason: "because"))
            #expect(try await bin.restore(id) == .locked)
            #expect(try await set(false, bin, id) == .done)
            #expect(try await bin.server(id).lock == nil)
            #expect(try await set(false, bin, id) == .done)
            #expect(try await set(true, bin, id) == .done)
            guard case .accepted = try await bin.restore(id, by: Bin.administrator) else { throw Unexpected("refused") }
        }
    }

    @Test("of an administrator is not undone or replaced by the owner; an administrator undoes both")
    func override() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            #expect(try await set(true, bin, id, by: Bin.administrator, reason: "audit") == .done)
            #expect(try await set(true, bin, id, reason: "mine") == .done)
            #expect(try await set(true, bin, id, by: Bin.administrator) == .done)
            #expect(try await bin.server(id).lock == Server.Lock(byAdministrator: true, reason: "audit"))
            #expect(try await set(false, bin, id) == .notYours)
            #expect(try await set(false, bin, id, by: Bin.administrator) == .done)
            #expect(try await set(true, bin, id) == .done)
            #expect(try await bin.server(id).lock == Server.Lock(byAdministrator: false, reason: nil))
            #expect(try await set(false, bin, id, by: Bin.administrator) == .done)
            #expect(try await bin.server(id).lock == nil)
        }
    }

    @Test("is an action with its event, once for one request; another project's server does not exist")
    func recorded() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            let request = Bin.requestID()
            for _ in 1...2 {
                let outcome = try await bin.store.setLock(true, of: id, by: Bin.owner, requestID: request)
                #expect(outcome == .done)
            }
            #expect(try await bin.store.actions(of: id).map(\.action) == ["lock", "create"])
            #expect(try await bin.store.events(of: request).map(\.event) == ["api_lock"])
            #expect(try await set(false, bin, id, by: Bin.stranger) == .notFound)
            #expect(try await bin.store.rename(id, in: .project("bbbb"), to: "x") == nil)
            #expect(try await bin.store.rename(id, in: .project("aaaa"), to: "x", description: "y")?.name == "x")
            #expect(try await bin.server(id).description == "y")
        }
    }
}

@Suite("A host as a service", .migratedDatabase)
struct ComputeServiceTests {
    @Test("is listed when a server lives on it, keeps its numbers, and its tasks wait while it is disabled")
    func disabled() async throws {
        try await Bin.open { bin in
            let id = try await bin.adopt()
            #expect(try await bin.store.services(on: ["elsewhere"]) == [])
            let first = try #require(try await bin.store.services(on: [Bin.host, "elsewhere"]).first)
            #expect(try await bin.store.services() == [first])
            #expect(first.host == Bin.host && !first.isAlive && first.disabledAt == nil && first.lastSeenAt == nil)
            try await bin.store.setEnabled(false, host: Bin.host, reason: "new disks")
            let disabled = try #require(try await bin.store.services(on: [Bin.host]).first)
            #expect(disabled.id == first.id && disabled.number == first.number)
            #expect(disabled.disabledAt != nil && disabled.disabledReason == "new disks")
            _ = try await bin.delete(id)
            #expect(try await bin.claim().isEmpty)
            try await bin.store.setEnabled(true, host: Bin.host)
            #expect(try await bin.claim().count == 1)
            try await bin.store.setForcedDown(true, host: Bin.host)
            #expect(try await bin.store.services().first?.isForcedDown == true)
        }
    }
}
