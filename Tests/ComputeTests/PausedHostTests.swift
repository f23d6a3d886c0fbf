import Compute
import Foundation
import TaskQueue
import TestSupport
import Testing

@Suite("A task of a paused host", .migratedDatabase)
struct PausedHostTests {
    @Test("is accepted, and says what it waits for, with the reason if there is one")
    func waitsVisibly() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            _ = try await bin.queue.pause(Bin.host, reason: nil)
            guard case .accepted(let task) = try await bin.restore(id) else { throw Unexpected("refused") }
            #expect(try await bin.claim().isEmpty)
            let phrase = "host \(Bin.host), paused"
            #expect(try await bin.store.task(task, in: Bin.owner.scope)?.waitingFor == phrase)
            _ = try await bin.queue.pause(Bin.host, reason: "new disks")
            #expect(try await bin.store.task(task, in: Bin.owner.scope)?.waitingFor == "\(phrase): new disks")
            #expect(try await bin.store.tasks(in: .all, server: id).first?.waitingFor == "\(phrase): new disks")

            _ = try await bin.queue.resume(Bin.host)
            #expect(try await bin.store.task(task, in: .all)?.waitingFor?.contains("paused") != true)
            try await bin.work(.retrying(after: .seconds(60)), failure: Bin.broken)
            _ = try await bin.queue.pause(Bin.host, reason: "new fans")
            #expect(try await bin.store.task(task, in: .all)?.waitingFor == "\(phrase): new fans")
        }
    }

    @Test("that runs waits for nothing")
    func running() async throws {
        try await Bin.open { bin in
            let id = try await bin.softDeleted()
            guard case .accepted(let task) = try await bin.restore(id) else { throw Unexpected("refused") }
            let claimed = try #require(try await bin.claim().first)
            _ = try await bin.queue.pause(Bin.host, reason: "new disks")
            let record = try #require(try await bin.store.task(task, in: .all))
            #expect(record.status == "running" && record.waitingFor == nil)
            try await bin.finish(claimed, .succeeded)
            #expect(try await bin.server(id).vmState == .active)
        }
    }

    @Test("belongs to a host that is known by its server, its worker or what was said of it")
    func known() async throws {
        try await Bin.open { bin in
            #expect(try await !bin.store.knowsHost("compute-09"))
            _ = try await bin.adopt(host: "compute-09")
            #expect(try await bin.store.knowsHost("compute-09"))
            #expect(try await !bin.store.knowsHost("compute-10"))
            _ = try await bin.queue.pause("compute-10", reason: nil)
            #expect(try await bin.store.knowsHost("compute-10"))
            _ = try await bin.queue.heartbeat(
                HeartbeatRequest(
                    workerID: "hand",
                    queues: ["compute-11"],
                    version: "test",
                    isStopping: false,
                    leases: [:],
                    leaseDuration: .seconds(30)
                )
            )
            #expect(try await bin.store.knowsHost("compute-11"))
        }
    }
}
