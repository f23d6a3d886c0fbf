import Compute
import Foundation
import Hypervisor
import TestSupport
import Testing

@Suite("The main job, by real processes", .migratedDatabase)
struct MainJobTests {
    @Test("delete, restore, poll: 204, SOFT_DELETED, 202 with Location, ACTIVE")
    func deleteRestorePoll() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            try fleet.startWorker()
            let id = try await fleet.adopt()

            #expect(try await api.delete(id).status == 204)
            try await fleet.waitFor(.softDelete, of: [id])
            #expect(try await fleet.host().powerState(of: id) == .shutdown)
            let deleted = try await api.show(id)
            #expect(try deleted.value("server", "status") == "SOFT_DELETED")
            #expect(try deleted.value("server", "reprieve:purge_at") != nil)

            let accepted = try await api.restore(id)
            #expect(accepted.status == 202)
            #expect(accepted.body.isEmpty)
            #expect(accepted.headers["retry-after"] == "1")
            let task = try #require(accepted.headers["location"])
            try await waitUntil(timeout: .seconds(30), "the task has succeeded") {
                try await api.send("GET", task).value("task", "status") == "succeeded"
            }
            #expect(try await api.show(id).value("server", "status") == "ACTIVE")
            #expect(try await fleet.host().powerState(of: id) == .running)
        }
    }

    @Test("64 restores at once through two API processes: one 202, 63 times 409, one effect on the hypervisor")
    func oneWinner() async throws {
        try await Fleet.run { fleet in
            let apis = [try await fleet.startAPI(), try await fleet.startAPI()]
            let id = try await fleet.adopt()
            // A lease that outlasts any stall of the machine: a rescue would be a second call, and rightly so.
            try fleet.startWorker(lease: "30s")
            #expect(try await apis[0].delete(id).status == 204)
            try await fleet.waitFor(.softDelete, of: [id])
            // Slow enough that every request meets the restore.
            try await fleet.host().inject(
                .init(server: id, operation: .restore, step: .before, behaviour: .slow(milliseconds: 1500), times: 1)
            )
            let statuses = try await withThrowingTaskGroup { group in
                for number in 0..<64 { group.addTask { try await apis[number % 2].restore(id).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 202 } == 1)
            #expect(statuses.count { $0 == 409 } == 63)
            try await fleet.waitFor(.active, of: [id])
            #expect(try await fleet.host().journal(of: id).count { $0.operation == .restore } == 1)
            try await fleet.expectOneRestore(of: id)
        }
    }

    @Test("delete and restore wait for a hypervisor that is away, longer than any number of attempts, and then happen")
    func hostDown() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            let worker = try fleet.startWorker()
            let id = try await fleet.adopt()
            let host = try fleet.host()
            try await host.setHostDown(true)
            #expect(try await api.delete(id).status == 204)
            // Looked at more often than an attempt could fail.
            try await waitUntil("the worker has looked ten times") {
                worker.output.components(separatedBy: "task.status=retrying").count > 10
            }
            #expect(try await fleet.server(id).taskState == .softDeleting)
            try await host.setHostDown(false)
            try await fleet.waitFor(.softDelete, of: [id])

            try await host.setHostDown(true)
            #expect(try await api.restore(id).status == 202)
            try await fleet.waitForTask("retrying", of: id)
            try await host.setHostDown(false)
            try await fleet.waitFor(.active, of: [id])
        }
    }

    @Test("what was accepted survives the death of every process")
    func acceptedIsDurable() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            let ids = [try await fleet.adopt(), try await fleet.adopt(host: Fleet.hosts[1])]
            for id in ids { #expect(try await api.delete(id).status == 204) }
            let worker = try fleet.startWorker()
            try await fleet.waitFor(.softDelete, of: ids)
            worker.crash()
            for id in ids { #expect(try await api.restore(id).status == 202) }
            api.process.crash()
            try fleet.startWorker()
            try await fleet.waitFor(.active, of: ids)
        }
    }
}
