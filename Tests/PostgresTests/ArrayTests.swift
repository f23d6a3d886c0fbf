import Foundation
import Postgres
import TestSupport
import Testing

@Suite("An array sent to PostgreSQL", .emptyDatabase)
struct ArrayTests {
    private static let echo = Statement("SELECT $1 AS value, $1::text AS text, cardinality($1) AS length")

    private func roundTrip<Element: PostgresDecodable & Equatable & Sendable>(
        _ encode: ([Element?]) -> PostgresValue,
        _ elements: [Element?],
        text: String
    ) async throws {
        try await TestDatabase.current.withConnection { connection in
            for (elements, text) in [(elements, text), (elements + [nil], text.dropLast() + ",NULL}"), ([], "{}")] {
                let row = try await connection.execute(Self.echo, [encode(elements)])[0]
                #expect(try row.decode([Element?].self, "value") == elements)
                #expect(try row.decode(String.self, "text") == text)
                #expect(try row.decode(Int.self, "length") == elements.count)
            }
        }
    }

    @Test("comes back the same, with NULLs and empty")
    func roundTrips() async throws {
        let uuid = try #require(UUID(uuidString: "0198A3C4-0000-7FFF-8000-00DEADBEEF01"))
        try await roundTrip(PostgresValue.uuids, [uuid], text: "{\(uuid.uuidString.lowercased())}")
        try await roundTrip(PostgresValue.texts, ["ü", "", "NULL"], text: #"{ü,"","NULL"}"#)
        try await roundTrip(PostgresValue.bigints, [.min, .max], text: "{-9223372036854775808,9223372036854775807}")
        try await roundTrip(PostgresValue.integers, [1, -2], text: "{1,-2}")
        try await roundTrip(PostgresValue.booleans, [true, false], text: "{t,f}")
        try await roundTrip(PostgresValue.doubles, [0.5, -1], text: "{0.5,-1}")
        try await roundTrip(PostgresValue.jsonbs, ["1", "[2]"], text: "{1,[2]}")
    }

    @Test("comes back the same: timestamptz[]")
    func timestamps() async throws {
        let dates = [Date(timeIntervalSince1970: 0), nil, Date(timeIntervalSince1970: 1_800_000_000.123456)]
        try await TestDatabase.current.withConnection { connection in
            let row = try await connection.execute(Self.echo, [.timestamps(dates)])[0]
            #expect(try row.decode([Date?].self, "value") == dates)
        }
    }

    @Test("is refused as an array when it has two dimensions, a NULL, other elements, or is none")
    func refusals() async throws {
        try await TestDatabase.current.withConnection { connection in
            let row = try await connection.execute(
                Statement(
                    "SELECT '{{1},{2}}'::int[] AS matrix, '{1,NULL}'::int[] AS holes, 'plain text'::text AS plain"
                )
            )[0]
            #expect(throws: PostgresError.self) { try row.decode([Int].self, "matrix") }
            #expect(throws: PostgresError.self) { try row.decode([Int].self, "holes") }
            #expect(throws: PostgresError.self) { try row.decode([Int].self, "plain") }
            #expect(throws: PostgresError.self) { try row.decode([String?].self, "holes") }
            #expect(try row.decode([Int?].self, "holes") == [1, nil])
        }
    }
}
