import Compute
import Foundation
import Hypervisor
import Postgres
import TestSupport
import Testing

/// What the journals of the make-believe hardware prove about a run.
extension Fleet {
    /// Expects of a server that was restored once: one effect; at most one call under each lease, each later one under
    /// a higher fence; and no call after that of the lease which finished the task.
    func expectOneRestore(of id: UUID, host name: String = hosts[0]) async throws {
        let journal = try await host(name).journal(of: id)
        let restores = journal.filter { $0.operation == .restore }
        #expect(
            restores.count(where: \.effective) == 1,
            "server \(id) was restored more or less than once: \(restores)"
        )
        // A line without a fence is the machine's making, which asks for none.
        let fences = journal.compactMap(\.fence)
        #expect(
            zip(fences, fences.dropFirst()).allSatisfy { $0 < $1 },
            "the fences of server \(id) do not rise: \(fences)"
        )
        let finishing = try await finishingTokens(of: id)
        #expect(finishing == journal.last.map { [$0.fence?.token] }, "server \(id) was touched afterwards: \(journal)")
    }

    /// The tokens of the leases that finished restores of a server.
    private func finishingTokens(of id: UUID) async throws -> [Int64?] {
        try await database.withPool(maximumConnections: 1) { pool in
            try await pool.execute(
                Statement(
                    """
                    SELECT lease_token FROM queue.history
                    WHERE subject_id = $1 AND kind = 'restore' AND status = 'succeeded'
                    """
                ),
                [.uuid(id)]
            ).map { try $0.decode(Int64?.self, "lease_token") }
        }
    }
}
