import Compute
import Foundation
import Hypervisor
import Postgres
import TestSupport
import Testing

@Suite("An operator's commands for queues and tasks, on a running fleet", .migratedDatabase)
struct QueueCommandTests {
    /// Runs `reprieve` to its end, as an administrator where it asks the API.
    private func reprieve(
        _ fleet: Fleet,
        _ arguments: String...,
        api: APIClient? = nil
    ) async throws -> (status: Int32, output: String) {
        var environment = ["REPRIEVE_TOKEN": "root:cccc:admin"]
        if let api { environment["REPRIEVE_URL"] = api.base + "/v2.1" }
        let process = try fleet.start("reprieve", arguments, environment: environment)
        return (try await process.ended(within: .seconds(60)), process.output)
    }

    private func accepted(_ outcome: RequestOutcome) throws -> UUID {
        guard case .accepted(let task) = outcome else { throw ChildProcess.Failure(description: "\(outcome)") }
        return task
    }

    private func delete(_ id: UUID, _ fleet: Fleet) async throws -> UUID {
        let caller = Caller(userID: "ann", projectID: "aaaa", scope: .project("aaaa"))
        return try accepted(
            try await fleet.store.delete(id, by: caller, requestID: "req-\(UUID().text)")
        )
    }

    @Test("a server that is held outlives its retention, and is purged once it is released")
    func hold() async throws {
        try await Fleet.run { fleet in
            try await fleet.store.setRetention(.seconds(1))
            try fleet.startWorker()
            let (held, other, unknown) = (try await fleet.adopt(), try await fleet.adopt(), UUID())
            let answer = try await reprieve(fleet, "bin", "hold", held.text, unknown.text)
            #expect(answer.status != 0 && answer.output.contains("server \(held.text): held\n"))
            #expect(answer.output.contains("no such server: \(unknown.text)"))
            for server in [held, other] { _ = try await delete(server, fleet) }
            try await waitUntil("the other is purged") { try await fleet.store.server(other, in: .all) == nil }
            #expect(try await fleet.server(held).vmState == .softDelete)
            #expect(try await reprieve(fleet, "bin", "release", held.text).output == "server \(held.text): released\n")
            try await waitUntil("it is purged too") { try await fleet.store.server(held, in: .all) == nil }
        }
    }

    @Test("a pause outlives its workers, is told to who waits, and ends with a resume")
    func pause() async throws {
        try await Fleet.run { fleet in
            let worker = try fleet.startWorker()
            let id = try await fleet.adopt()
            let paused = try await reprieve(fleet, "queue", "pause", "compute-01", "--reason", "new disks")
            #expect(paused.status == 0 && paused.output == "compute-01 is paused\n")
            let task = try await delete(id, fleet)
            worker.crash()
            try await worker.ended()
            try fleet.startWorker()
            // A server of the other host, later in line, is served meanwhile.
            let other = try await fleet.adopt(host: "compute-02")
            _ = try await delete(other, fleet)
            try await fleet.waitFor(.softDelete, of: [other])
            let record = try #require(try await fleet.store.task(task, in: .all))
            #expect(record.status == "queued" && record.waitingFor == "host compute-01, paused: new disks")

            let table = try await reprieve(fleet, "queue", "stats")
            #expect(table.output.contains("new disks") && table.output.contains("total"))
            let stats = try await reprieve(fleet, "queue", "stats", "compute-01", "--json")
            let json = try #require(try JSONSerialization.jsonObject(with: Data(stats.output.utf8)) as? [String: Any])
            let queues = try #require(json["queues"] as? [[String: Any]])
            #expect(queues.map { $0["queue"] as? String } == ["compute-01"])
            #expect(
                queues.first?["queued_normal"] as? Int == 1 && queues.first?["pause_reason"] as? String == "new disks"
            )
            #expect((json["total"] as? [String: Any])?["queued"] as? Int == 1)

            let again = try await reprieve(fleet, "queue", "pause", "compute-01")
            #expect(again.output.hasPrefix("compute-01 has been paused since 2"))
            let resumed = try await reprieve(fleet, "queue", "resume", "compute-01")
            #expect(resumed.status == 0 && resumed.output.hasPrefix("compute-01 goes on; it was paused since 2"))
            try await fleet.waitFor(.softDelete, of: [id])
            #expect(try await reprieve(fleet, "queue", "resume", "compute-01").output == "compute-01 was not paused\n")
        }
    }

    @Test("a host of which nothing is known is refused, unless it is forced")
    func unknownHost() async throws {
        try await Fleet.run { fleet in
            for command in [["pause"], ["resume"]] {
                let refused = try await reprieve(fleet, "queue", command[0], "compute-1O")
                #expect(refused.status == 3 && refused.output.contains("add --force"))
            }
            #expect(try await reprieve(fleet, "queue", "limit", "compute-1O", "2").status == 3)
            #expect(try await reprieve(fleet, "queue", "stats", "compute-1O").status == 3)
            #expect(try await reprieve(fleet, "queue", "pause", "compute-10", "--force").status == 0)
            #expect(try await reprieve(fleet, "queue", "limit", "compute-10", "2").output.contains("at most 2 tasks"))
            #expect(try await reprieve(fleet, "queue", "limit", "compute-10", "none").status == 0)
            #expect(try await reprieve(fleet, "queue", "project-limit").output == "1000\n")
            #expect(try await reprieve(fleet, "queue", "project-limit", "5").output == "5\n")
            #expect(try await reprieve(fleet, "queue", "project-limit").output == "5\n")
        }
    }

    @Test("a quota is shown, set and held: a restore beyond it is refused, and an adoption beyond it is told of")
    func quota() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            try fleet.startWorker()
            #expect(try await reprieve(fleet, "quota", "set", "--instances", "1").status == 0)
            let id = try await fleet.adopt()
            #expect(try await api.delete(id).status == 204)
            try await fleet.waitFor(.softDelete, of: [id])
            #expect(try await reprieve(fleet, "quota", "set", "aaaa", "--instances", "0").status == 0)
            let refused = try await reprieve(fleet, "server", "restore", id.text, api: api)
            #expect(refused.status == 4 && refused.output.contains("Quota exceeded for instances"), "\(refused.output)")
            let adopted = try await reprieve(
                fleet,
                "server",
                "adopt",
                "--host",
                "compute-01",
                "--project",
                "aaaa",
                "--user",
                "ann"
            )
            #expect(adopted.status == 0 && adopted.output.contains("more than its quota"))
            let below = try await reprieve(fleet, "quota", "set", "aaaa", "--instances", "0")
            #expect(below.status == 1 && below.output.contains("add --force"))
            #expect(try await reprieve(fleet, "quota", "set", "aaaa").status == 2)
            #expect(try await reprieve(fleet, "quota", "set", "aaaa", "--instances", "2").status == 0)
            #expect(try await reprieve(fleet, "server", "restore", id.text, api: api).status == 0)
            #expect(try await reprieve(fleet, "quota", "show", "aaaa", "--json").output.contains("\"instances_used\""))
        }
    }

    @Test("a project beyond its limit gets 429 until a task of its has ended, and others are not touched")
    func projectLimit() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            #expect(try await reprieve(fleet, "queue", "project-limit", "2").status == 0)
            var ids: [UUID] = []
            for number in 1...3 { ids.append(try await fleet.adopt(name: "web-\(number)")) }
            for id in ids.prefix(2) { #expect(try await api.delete(id).status == 204) }
            let refused = try await api.delete(ids[2])
            #expect(refused.status == 429)
            #expect(try refused.value("overLimit", "code") == "429")
            #expect(try await fleet.server(ids[2]).taskState == nil)
            let told = try await reprieve(fleet, "server", "delete", ids[2].text, api: api)
            #expect(told.status == 1 && told.output.contains("too many unfinished tasks"))

            try fleet.startWorker()
            try await fleet.waitFor(.softDelete, of: Array(ids.prefix(2)))
            #expect(try await api.delete(ids[2]).status == 204)
        }
    }

    @Test("a task that waits is cancelled at once, and one that runs when its worker learns of it")
    func cancel() async throws {
        try await Fleet.run { fleet in
            let id = try await fleet.adopt()
            let waiting = try await delete(id, fleet)
            let done = try await reprieve(fleet, "task", "cancel", waiting.text)
            #expect(done.status == 0 && done.output == "task \(waiting.text): cancelled\n")
            #expect(try await fleet.server(id).taskState == nil)
            let late = try await reprieve(fleet, "task", "cancel", waiting.text, UUID().text)
            #expect(late.status == 1 && late.output.contains("has ended before: cancelled"))
            #expect(try await reprieve(fleet, "task", "cancel", UUID().text).status == 3)

            try await fleet.host().inject(.init(server: id, step: .before, behaviour: .hang))
            try fleet.startWorker()
            let running = try await delete(id, fleet)
            try await fleet.waitForTask("running", of: id)
            #expect(try await reprieve(fleet, "task", "cancel", running.text).status == 0)
            try await waitUntil("the task is cancelled") {
                try await fleet.store.task(running, in: .all)?.status == "cancelled"
            }
            let server = try await fleet.server(id)
            #expect(server.vmState == .active && server.taskState == nil && server.deletedAt == nil)
        }
    }

    @Test("failed tasks are shown with every attempt, counted before they are retried, and retried once")
    func retry() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            try fleet.startWorker()
            let id = try await fleet.adopt()
            try await fleet.host().inject(
                .init(server: id, step: .before, behaviour: .fail(.transient, .hypervisorFault), times: 1)
            )
            try await fleet.host().inject(
                .init(server: id, step: .before, behaviour: .fail(.permanent, .hypervisorFault))
            )
            let task = try await delete(id, fleet)
            try await waitUntil("the task has failed") {
                try await fleet.store.task(task, in: .all)?.status == "failed"
            }
            let shown = try await reprieve(fleet, "task", "show", task.text, api: api)
            #expect(shown.status == 0)
            #expect(shown.output.split(separator: "\n").count { $0.hasPrefix("compute_soft_delete_instance") } == 2)

            let arguments = ["--kind", "soft_delete", "--host", "compute-01", "--since", "1h", "--project", "aaaa"]
            let plan = try await run(fleet, ["task", "retry", "--dry-run"] + arguments)
            #expect(
                plan.status == 0 && plan.output.hasSuffix("1 would be retried\n") && plan.output.contains(task.text)
            )
            #expect(try await run(fleet, ["task", "retry", "--dry-run"] + arguments).output == plan.output)

            try await fleet.host().clearFaults()
            let retried = try await run(fleet, ["task", "retry"] + arguments)
            #expect(retried.status == 0 && retried.output.hasSuffix("1 of 1 retried\n"), "\(retried.output)")
            try await fleet.waitFor(.softDelete, of: [id])
            let nothing = try await run(fleet, ["task", "retry"] + arguments)
            #expect(nothing.status == 0 && nothing.output == "0 of 0 retried\n")
            let again = try await reprieve(fleet, "task", "retry", task.text)
            #expect(again.status == 1 && again.output.contains("was retried before, as task"))
            #expect(try await reprieve(fleet, "task", "retry", UUID().text).status == 3)
            #expect(try await reprieve(fleet, "task", "retry").status == 2)
        }
    }

    private func run(_ fleet: Fleet, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        let process = try fleet.start("reprieve", arguments)
        return (try await process.ended(within: .seconds(60)), process.output)
    }
}
