import Compute
import Foundation
import Hypervisor
import Postgres
import TestSupport
import Testing

/// Restores that fail: the server stays restorable, and everybody reads as much of the reason as is theirs.
extension MainJobTests {
    @Test("a driver that fails three times leaves the server restorable, purge_at unmoved, and the reason readable")
    func failingDriver() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            let id = try await softDeleted(fleet, api)
            let before = try await fleet.server(id)
            try await failRestores(fleet, of: id, .permanent, .diskMissing)
            for _ in 1...3 {
                let (request, task) = try await failedRestore(api, id)
                try await expectUntouched(fleet, since: before)
                let events = try await expectReadable(api, id, request, .diskMissing)
                #expect(events == 1)
                #expect(try task.value("task", "error", "reason") == HypervisorFailureReason.diskMissing.sentence)
            }
            #expect(try await api.restore(id).status == 202)
            try await fleet.waitFor(.active, of: [id])
        }
    }

    @Test("a driver that fails for a while in every attempt there is does the same, after as many attempts")
    func allAttemptsFail() async throws {
        try await Fleet.run { fleet in
            try await fleet.database.withPool(maximumConnections: 1) { pool in
                _ = try await pool.execute(Statement("UPDATE compute.settings SET max_attempts = 3"))
            }
            let api = try await fleet.startAPI()
            let id = try await softDeleted(fleet, api)
            let before = try await fleet.server(id)
            try await failRestores(fleet, of: id, .transient, .serverBusy)
            let (request, task) = try await failedRestore(api, id)
            #expect(try task.value("task", "attempt") == "3" && task.value("task", "max_attempts") == "3")
            try await expectUntouched(fleet, since: before)
            let events = try await expectReadable(api, id, request, .serverBusy)
            #expect(events == 3)
            #expect(try await fleet.host().effects(of: id, .restore) == 0)

            #expect(try await api.restore(id).status == 202)
            try await fleet.waitFor(.active, of: [id])
        }
    }

    /// A server in the bin, and a worker that serves its host.
    private func softDeleted(_ fleet: Fleet, _ api: APIClient) async throws -> UUID {
        try fleet.startWorker()
        let id = try await fleet.adopt()
        #expect(try await api.delete(id).status == 204)
        try await fleet.waitFor(.softDelete, of: [id])
        return id
    }

    /// Makes the next three calls fail that would restore a server.
    private func failRestores(
        _ fleet: Fleet,
        of id: UUID,
        _ failure: FakeHypervisor.Fault.Failure,
        _ reason: HypervisorFailureReason
    ) async throws {
        try await fleet.host().inject(
            .init(server: id, operation: .restore, step: .before, behaviour: .fail(failure, reason), times: 3)
        )
    }

    /// Asks for a restore and waits until its task has failed.
    private func failedRestore(_ api: APIClient, _ id: UUID) async throws -> (request: String, task: APIClient.Answer) {
        let accepted = try await api.restore(id)
        #expect(accepted.status == 202)
        let request = try #require(accepted.headers["x-openstack-request-id"])
        let location = try #require(accepted.headers["location"])
        try await waitUntil(timeout: .seconds(30), "the task has failed") {
            try await api.send("GET", location).value("task", "status") == "failed"
        }
        return (request, try await api.send("GET", location))
    }

    /// Expects the server to lie in the bin as it did, for as long as it was to lie there.
    private func expectUntouched(_ fleet: Fleet, since before: Server) async throws {
        var after = try await fleet.server(before.id)
        after.updatedAt = before.updatedAt
        #expect(after == before)
    }

    /// Expects every event of a request to say the reason to the owner, and the cause to nobody but an administrator.
    /// - Returns: how many events there are.
    private func expectReadable(
        _ api: APIClient,
        _ id: UUID,
        _ request: String,
        _ reason: HypervisorFailureReason
    ) async throws -> Int {
        let owned = try await api.asking(as: Fleet.owner, version: "2.84").action(request, on: id)
        let all = try await api.asking(as: "root:aaaa:admin", version: "2.84").action(request, on: id)
        for action in [owned, all] {
            #expect(action.status == 200)
            #expect(try action.value("instanceAction", "message") == "Error")
        }
        // Of what the fake says only administrators may read.
        let secret = "scripted failure"
        #expect(!String(decoding: owned.body, as: UTF8.self).contains(secret))
        var events = 0
        while try owned.value("instanceAction", "events", "\(events)", "event") != nil {
            let event = ["instanceAction", "events", "\(events)"]
            for action in [owned, all] {
                #expect(try action.value(event + ["event"]) == "compute_restore_instance")
                #expect(try action.value(event + ["result"]) == "Error")
            }
            #expect(try owned.value(event + ["details"]) == reason.sentence)
            #expect(try owned.value(event + ["traceback"]) == nil)
            #expect(try all.value(event + ["details"])?.contains(secret) == true)
            events += 1
        }
        return events
    }
}
