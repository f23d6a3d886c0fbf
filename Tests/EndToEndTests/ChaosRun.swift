import Foundation
import Hypervisor
import Postgres
import TestSupport
import Testing

/// A chaos run from its beginning to its verdict.
struct ChaosRun {
    let stage: ChaosStage
    let settings: ChaosSettings

    /// Sets everything up, lets clients and faults loose, waits until all is quiet again, and reads what is left.
    func play() async throws -> ChaosRecord {
        try await prepare()
        try await stage.open()
        await withTaskGroup { group in
            group.addTask { await stage.keep() }
            for number in 0..<ChaosSettings.clients {
                let numbers = SeededNumbers(seed: settings.seed &+ UInt64(number + 1))
                group.addTask {
                    var client = ChaosClient(stage: stage, numbers: numbers)
                    await client.run()
                }
            }
            await stage.inject(settings)
            group.cancelAll()
        }
        try await mend()
        // An API may still be at a request whose client has gone; only then has the last one been accepted.
        try await end(ChaosStage.apis.map { stage.api($0).process })
        try await settle()
        try await end(ChaosStage.workers.map(stage.worker))
        return try await ChaosRecord(of: stage)
    }

    private func prepare() async throws {
        let database = stage.fleet.database
        try await ChaosWatch.install(on: database)
        try await database.withConnection { connection in
            let seconds = ChaosSettings.retention.components.seconds
            try await connection.runScript(
                "UPDATE compute.settings SET retention = '\(seconds) s', purges_per_hour = 1000000",
                timeout: .seconds(10)
            )
        }
    }

    /// Takes every fault back, and sees to it that every process is there and that no new purge begins.
    private func mend() async throws {
        stage.ledger.tell("mending")
        stage.proxies.forEach { $0.heal() }
        for host in ChaosSettings.hosts {
            try await stage.fleet.host(host).setHostDown(false)
            try await stage.fleet.host(host).clearFaults()
        }
        await stage.keepProcesses()
        try await stage.fleet.database.withConnection { connection in
            try await connection.runScript("UPDATE compute.settings SET purges_per_hour = 0", timeout: .seconds(10))
        }
    }

    /// Waits until nothing runs or waits any more.
    private func settle() async throws {
        stage.ledger.tell("settling")
        let question = Statement(
            """
            SELECT (SELECT count(*) FROM queue.tasks) + (
                SELECT count(*) FROM compute.servers
                WHERE task_state IS NOT NULL OR force_delete_request_id IS NOT NULL
            ) AS busy
            """
        )
        do {
            try await stage.fleet.database.withConnection { connection in
                try await waitUntil(timeout: .seconds(120), "every task has ended") {
                    try await connection.execute(question).first?.decode(Int.self, "busy") == 0
                }
            }
        } catch let error as WaitTimeout {
            // The verdict names the tasks.
            stage.ledger.problem("\(error)")
        }
    }

    private func end(_ processes: [ChildProcess]) async throws {
        stage.ledger.tell("ending \(processes.map(\.name).joined(separator: ", "))")
        processes.forEach { $0.send(SIGTERM) }
        for process in processes {
            let status = try await process.ended()
            if status != 0 { stage.ledger.problem("\(process.name) ended with \(status) at the end") }
        }
    }
}
