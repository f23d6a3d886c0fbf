import AsyncHTTPClient
import Foundation
import Hypervisor
import Postgres
import TestSupport
import Testing

@Suite("Chaos", .migratedDatabase)
struct ChaosTests {
    @Test("processes are killed, paused and cut off at random, and every promise is kept")
    func everyPromiseIsKept() async throws {
        let settings = try ChaosSettings()
        let cluster = try await PostgresCluster.start()
        try await Fleet.run(on: try await cluster.createMigratedDatabase()) { fleet in
            let stage = try ChaosStage(fleet, cluster)
            let result: Result<ChaosRecord, any Error>
            do {
                result = .success(try await ChaosRun(stage: stage, settings: settings).play())
            } catch {
                result = .failure(error)
                try stage.keepStory()
            }
            try await stage.http.shutdown()
            let record = try result.get()
            let ledger = stage.ledger.all
            let violations = try ChaosVerdict(record: record, ledger: ledger).violations(logs: stage.logs())
            let report = ChaosReport(
                settings: settings,
                record: record,
                ledger: ledger,
                proxies: stage.proxies.map(\.counts),
                violations: violations
            )
            print(report)
            if !violations.isEmpty {
                try stage.keepStory()
                try await stage.keepTables()
            }
            #expect(violations.isEmpty, "REPRIEVE_CHAOS_SEED=\(settings.seed): \(violations.prefix(40))")
            // A run in which little happened proves little.
            #expect(record.run.effects.count { $0.operation == .restore && $0.changed } >= 20)
            #expect(ledger.faults.values.count { $0.survived > 0 } >= 10)
        }
    }
}
