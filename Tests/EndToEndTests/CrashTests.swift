import Compute
import Foundation
import Hypervisor
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Crashes and pauses", .migratedDatabase)
struct CrashTests {
    @Test("200 servers are restored once each while workers are killed at random")
    func killedWorkers() async throws {
        try await Fleet.run { fleet in
            let apis = [try await fleet.startAPI(), try await fleet.startAPI()]
            var ids: [UUID] = []
            for number in 0..<200 {
                ids.append(try await fleet.adopt(name: "srv-\(number)", host: Fleet.hosts[number % 2]))
            }
            for (number, id) in ids.enumerated() { #expect(try await apis[number % 2].delete(id).status == 204) }
            let first = try fleet.startWorker(environment: ["REPRIEVE_WORKER_CONCURRENCY": "16"])
            try await fleet.waitFor(.softDelete, of: ids)
            first.crash()

            for host in Fleet.hosts {
                for (step, pause) in [(FakeHypervisor.Fault.Step.before, 60), (.after, 60)] {
                    try await fleet.host(host).inject(
                        .init(
                            server: nil,
                            operation: .restore,
                            step: step,
                            behaviour: .slow(milliseconds: pause),
                            times: nil
                        )
                    )
                }
            }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for (number, id) in ids.enumerated() {
                    group.addTask { try await apis[number % 2].restore(id).status }
                }
                for try await status in group { #expect(status == 202) }
            }
            let kills = try await killWorkers(fleet, until: ids)
            #expect(kills >= 3)
            for (number, id) in ids.enumerated() {
                try await fleet.expectOneRestore(of: id, host: Fleet.hosts[number % 2])
            }
        }
    }

    /// Keeps two workers alive and kills one of them whenever a few more servers are active, until all are.
    private func killWorkers(_ fleet: Fleet, until ids: [UUID]) async throws -> Int {
        var workers = [try fleet.startWorker(), try fleet.startWorker()]
        var kills = 0
        var activeAtLastKill = 0
        try await waitUntil(timeout: .seconds(240), "all servers are active") {
            let servers = try await fleet.store.servers(.init(scope: .all, states: [.active]))
            let active = servers.count { $0.taskState == nil }
            if active == ids.count { return true }
            // A random share of the rest: the kills hit every step of a restore.
            if active >= activeAtLastKill + Int.random(in: 1...20), kills < 12 {
                let victim = Int.random(in: 0..<workers.count)
                workers[victim].crash()
                workers[victim] = try fleet.startWorker()
                kills += 1
                activeAtLastKill = active
            }
            return false
        }
        return kills
    }

    @Test("a worker stopped past its lease, within a call that nothing can cancel, has no effect when it goes on")
    func pausedWorker() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            let id = try await fleet.adopt()
            let paused = try fleet.startWorker()
            #expect(try await api.delete(id).status == 204)
            try await fleet.waitFor(.softDelete, of: [id])
            try await fleet.host().inject(
                .init(server: id, operation: .restore, step: .before, behaviour: .stuck(milliseconds: 2000), times: 1)
            )
            #expect(try await api.restore(id).status == 202)
            try await waitUntil(timeout: .seconds(30), "the worker is within the call") {
                try await fleet.store.tasks(in: .all, server: id, status: "running").first?.progress?.percent == 1
            }
            paused.send(SIGSTOP)

            let second = try fleet.startWorker()
            try await fleet.waitFor(.active, of: [id])
            // Deleted again: if the first worker still had its way, the server would run.
            #expect(try await api.delete(id).status == 204)
            try await fleet.waitFor(.softDelete, of: [id])
            let before = try await fleet.host().journal(of: id)
            let server = try await fleet.server(id)

            paused.send(SIGCONT)
            // Said after the call came back, whose fence was stale: nothing else is between it and the machine.
            _ = try await paused.logged("\"lease lost", "time")
            #expect(try await fleet.host().journal(of: id) == before)
            #expect(try await fleet.host().powerState(of: id) == .shutdown)
            #expect(try await fleet.server(id) == server)
            let restores = before.filter { $0.operation == .restore && $0.effective }
            #expect(restores.map(\.worker) == [second.identifier])
        }
    }

    @Test("a worker stopped past its lease has no effect either when nobody has overtaken it")
    func pausedAlone() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            let id = try await fleet.adopt()
            let worker = try fleet.startWorker()
            #expect(try await api.delete(id).status == 204)
            try await fleet.waitFor(.softDelete, of: [id])
            try await fleet.host().inject(
                .init(server: id, operation: .restore, step: .before, behaviour: .stuck(milliseconds: 1000), times: 1)
            )
            #expect(try await api.restore(id).status == 202)
            try await waitUntil("the worker is within the call") {
                try await fleet.store.tasks(in: .all, server: id, status: "running").first?.progress?.percent == 1
            }
            worker.send(SIGSTOP)
            let lost = try await lease(of: id, fleet).token
            try await waitUntil("the lease has run out") { try await lease(of: id, fleet).isOver }
            // Taken away, or a heartbeat could still extend it; but no other fence has reached the machine.
            let rescued = try await fleet.database.withPool { pool in
                try await TaskQueue(pool: pool, functions: .compute)
                    .sweep(SweepRequest(mayRescue: true, previous: nil, witness: nil)).rescued
            }
            #expect(rescued == 1)
            worker.send(SIGCONT)
            // It says the one or the other, as its watch over deadlines wakes before or after the call comes back.
            try await waitUntil("the call has come back to nothing") {
                worker.output.contains("the lease has run out") || worker.output.contains("lease lost")
            }
            // Then it tries again, under a lease that it holds.
            try await fleet.waitFor(.active, of: [id])
            let restores = try await fleet.host().journal(of: id).filter { $0.operation == .restore }
            #expect(restores.count == 1)
            #expect(restores.allSatisfy { ($0.fence?.token ?? lost) > lost })
        }
    }

    private func lease(of server: UUID, _ fleet: Fleet) async throws -> (token: Int64, isOver: Bool) {
        try await fleet.database.withPool { pool in
            let rows = try await pool.execute(
                Statement(
                    "SELECT lease_token, lease_expires_at < clock_timestamp() AS over FROM queue.tasks WHERE subject_id = $1"
                ),
                [.uuid(server)]
            )
            let row = try #require(rows.first)
            return (try row.decode(Int64.self, "lease_token"), try row.decode(Bool.self, "over"))
        }
    }

    @Test(
        "PostgreSQL restarted in the middle loses nothing and needs no process restart",
        arguments: [
            PostgresCluster.StopMode.fast, .immediate,
        ]
    )
    func databaseRestart(mode: PostgresCluster.StopMode) async throws {
        let cluster = try await PostgresCluster.start()
        try await Fleet.run(on: try await cluster.createMigratedDatabase()) { fleet in
            let api = try await fleet.startAPI()
            let worker = try fleet.startWorker(lease: "10s")
            var ids: [UUID] = []
            for _ in 0..<12 { ids.append(try await fleet.adopt()) }
            for id in ids { #expect(try await api.delete(id).status == 204) }
            try await fleet.waitFor(.softDelete, of: ids)
            try await fleet.host().inject(
                .init(server: nil, operation: .restore, step: .before, behaviour: .slow(milliseconds: 400), times: nil)
            )
            for id in ids.prefix(8) { #expect(try await api.restore(id).status == 202) }
            try await fleet.waitForTask("running", of: ids[0])
            try await cluster.restart(mode: mode)
            for id in ids.suffix(4) {
                // A request that comes while the server starts may be told to come again.
                try await waitUntil(timeout: .seconds(30), "the restore is accepted") {
                    try await [202, 409].contains(api.restore(id).status)
                }
            }
            try await fleet.waitFor(.active, of: ids)
            #expect(worker.isRunning && api.process.isRunning)
            for id in ids { try await fleet.expectOneRestore(of: id) }
        }
    }

    @Test("SIGTERM lets a running restore finish, and hands a long one back without counting the attempt")
    func drain() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            let ids = [try await fleet.adopt(), try await fleet.adopt()]
            let worker = try fleet.startWorker(lease: "20s", environment: ["REPRIEVE_WORKER_SHUTDOWN_GRACE": "2s"])
            for id in ids { #expect(try await api.delete(id).status == 204) }
            try await fleet.waitFor(.softDelete, of: ids)
            let host = try fleet.host()
            try await host.inject(
                .init(server: ids[0], operation: .restore, step: .before, behaviour: .slow(milliseconds: 500), times: 1)
            )
            try await host.inject(.init(server: ids[1], operation: .restore, step: .before, behaviour: .hang, times: 1))
            for id in ids {
                #expect(try await api.restore(id).status == 202)
                try await fleet.waitForTask("running", of: id)
            }
            worker.send(SIGTERM)
            #expect(try await worker.ended() == 0)
            #expect(try await fleet.server(ids[0]).vmState == .active)
            let task = try #require(try await fleet.store.tasks(in: .all, server: ids[1], status: "queued").first)
            #expect(task.attempt == 0)

            try fleet.startWorker()
            try await fleet.waitFor(.active, of: ids)
        }
    }
}
