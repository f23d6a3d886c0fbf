import Foundation
import Postgres
import TestSupport
import Testing

@Suite("The model of the queue", .migratedDatabase)
struct ModelTests {
    @Test("answers and keeps its tables as the SQL functions do", arguments: 1...6 as ClosedRange<UInt64>)
    func differential(seed: UInt64) async throws {
        try await Self.play(seed: seed, operations: 300)
    }

    @Test("is told from the SQL functions when a rule is left out", arguments: ModelDatabase.Breakage.comparable)
    func different(breakage: ModelDatabase.Breakage) async throws {
        for seed in UInt64(1)...8 {
            do {
                try await Self.play(seed: seed, operations: 400, breakages: [breakage])
            } catch is Difference {
                return
            }
        }
        Issue.record("nobody noticed")
    }

    private static func play(
        seed: UInt64,
        operations: Int,
        breakages: Set<ModelDatabase.Breakage> = []
    ) async throws {
        // One session, since the clock of the test is set in it.
        try await TestDatabase.current.withPool(maximumConnections: 1) { pool in
            var twin = try await Twin(seed: seed, breakages: breakages, pool: pool)
            for number in 1...operations {
                try await twin.playOne()
                if number.isMultiple(of: 25) { try await twin.compareCold() }
            }
            try await twin.compareCold()
        }
    }
}
