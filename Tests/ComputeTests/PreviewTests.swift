import Foundation
import Hypervisor
import Postgres
import ServiceLifecycle
import TaskQueue
import TestSupport
import Testing

@testable import Compute

@Suite("A look before a restore", .migratedDatabase)
struct PreviewTests {
    private static let probes = ["reprieve_probes", TaskWatch.channel]

    private static func refusals(_ bin: Bin, _ server: UUID, _ caller: Caller = Bin.owner) async throws
        -> [RequestOutcome]
    {
        try #require(try await bin.store.previewRestore(of: server, in: caller.scope)).refusals
    }

    @Test(
        "it foresees what a restore then says",
        arguments: ["free", "locked", "active", "restoring", "purging", "quota"]
    )
    func foresees(state: String) async throws {
        try await Bin.open { bin in
            let server = state == "active" ? try await bin.adopt() : try await bin.softDeleted()
            switch state {
            case "locked":
                _ = try await bin.store.setLock(true, of: server, by: Bin.owner, requestID: Bin.requestID())
            case "restoring": _ = try await bin.restore(server)
            case "purging":
                try await bin.letRetentionPass(server)
                try await bin.sweep()
                let purges = try await bin.claim()
                #expect(purges.map(\.kind) == ["purge"])
            case "quota":
                let change = QuotaChange(instances: 0)
                _ = try await bin.store.setQuota(change, of: "aaaa")
            default: break
            }
            let before = try await bin.server(server)
            let foreseen = try await Self.refusals(bin, server)
            let after = try await bin.server(server)
            #expect(after == before)
            let outcome = try await bin.restore(server)
            if case .accepted = outcome {
                #expect(state == "free" && foreseen.isEmpty)
            } else {
                #expect(state != "free" && foreseen == [outcome])
            }
        }
    }

    @Test("it foresees a soft delete that is undone on the spot, and one that is not")
    func undone() async throws {
        try await Bin.open { bin in
            let server = try await bin.adopt()
            _ = try await bin.delete(server)
            let waiting = try await Self.refusals(bin, server)
            #expect(waiting.isEmpty)
            _ = try await bin.claim()
            let claimed = try await Self.refusals(bin, server)
            #expect(claimed == [.wrongTaskState(.softDeleting)])
        }
    }

    @Test("it names everything at once, and an administrator's way past a lock")
    func everything() async throws {
        try await Bin.open { bin in
            let server = try await bin.softDeleted()
            _ = try await bin.store.setLock(true, of: server, by: Bin.owner, requestID: Bin.requestID())
            _ = try await bin.store.setQuota(QuotaChange(cores: 0), of: "aaaa")
            try await bin.execute(Statement("UPDATE compute.projects SET live_tasks = 1000"))
            let shortage = QuotaShortage(resource: "cores", requested: 1, used: 0, limit: 0)
            let all = try await Self.refusals(bin, server)
            #expect(all == [.locked, .overLimit, .overQuota([shortage])])
            let administrators = try await Self.refusals(bin, server, Bin.administrator)
            #expect(administrators == [.overLimit, .overQuota([shortage])])
        }
    }

    @Test("it tells of the host, and nothing to strangers")
    func host() async throws {
        try await Bin.open { bin in
            let server = try await bin.softDeleted()
            let unseen = try await bin.store.previewRestore(of: server, in: Bin.stranger.scope)
            #expect(unseen == nil)
            let away = try #require(try await bin.store.previewRestore(of: server, in: Bin.owner.scope))
            #expect(!away.isHostAlive && away.lastSeenAt == nil && away.pausedAt == nil)
            _ = try await bin.queue.heartbeat(
                HeartbeatRequest(
                    workerID: "w",
                    queues: [Bin.host],
                    version: "1",
                    isStopping: false,
                    leases: [:],
                    leaseDuration: .seconds(30)
                )
            )
            _ = try await bin.queue.pause(Bin.host, reason: "new disks")
            let there = try #require(try await bin.store.previewRestore(of: server, in: Bin.owner.scope))
            #expect(there.isHostAlive && there.lastSeenAt != nil && there.pauseReason == "new disks")
        }
    }

    @Test("a worker answers for its host, and tells that it has")
    func probe() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "probe-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await Bin.open { bin in
            let driver = try FakeHypervisor(directory: folder.path, host: Bin.host)
            let there = UUID()
            try await driver.define(there, name: "srv")
            let probes = HostProbes(store: bin.store, drivers: [Bin.host: driver], logger: TestDatabase.logger)
            let told = Guarded(Set<String>())
            let listener = Listener(
                configuration: try TestDatabase.current.configuration(),
                channels: Self.probes,
                logger: TestDatabase.logger
            ) { event in
                guard case .notification(let channel, let payload) = event else { return true }
                if channel == HostProbes.channel { probes.hear(payload) }
                if channel == TaskWatch.channel { _ = told.withLock { $0.insert(payload) } }
                return true
            }
            let services = ServiceGroup(
                configuration: .init(services: [probes, listener], logger: TestDatabase.logger)
            )
            let running = Task { try await services.run() }
            for (server, answer) in [(there, ProbeAnswer.present), (UUID(), .missing)] {
                let question = try await answered(bin, server)
                let given = try await bin.store.answer(to: question)
                #expect(given == answer)
                try await waitUntil("it is told") {
                    told.withLock { $0.contains("!\(question.uuidString.lowercased())") }
                }
            }
            await services.triggerGracefulShutdown()
            try await running.value
        }
    }

    /// Asks until somebody listens and answers; nobody answers for another host.
    private func answered(_ bin: Bin, _ server: UUID) async throws -> UUID {
        let elsewhere = UUID()
        try await bin.store.ask(elsewhere, about: server, on: "elsewhere")
        var questions: [UUID] = []
        var found: UUID?
        try await waitUntil("it is answered") {
            for question in questions where try await bin.store.answer(to: question) != nil { found = question }
            questions.append(UUID())
            try await bin.store.ask(questions[questions.count - 1], about: server, on: Bin.host)
            return found != nil
        }
        let stray = try await bin.store.answer(to: elsewhere)
        #expect(stray == nil)
        return try #require(found)
    }
}
