import Foundation
import Postgres
import TestSupport
import Testing

@Suite("A value sent to PostgreSQL", .emptyDatabase)
struct ValueTests {
    /// Sends each value through a statement and reads it back, and asks PostgreSQL for its text, which must be as
    /// given.
    private func roundTrip<Value: PostgresDecodable & Equatable & Sendable>(
        _ statement: Statement,
        _ encode: (Value?) -> PostgresValue,
        _ samples: [(value: Value?, text: String?)]
    ) async throws {
        try await TestDatabase.current.withConnection { connection in
            try await connection.execute(Statement("SET timezone = 'UTC'"))
            for (value, text) in samples {
                let row = try #require(try await connection.execute(statement, [encode(value)]).first)
                #expect(try row.decode(Value?.self, "value") == value)
                #expect(try row.decode(String?.self, "text") == text)
            }
        }
    }

    @Test("comes back the same: text")
    func text() async throws {
        let samples = ["", "plain", "naïve 漢字 🗑️", "quote ' \" \\ $1 ; --", String(repeating: "x", count: 300_000)]
        try await roundTrip(
            Statement("SELECT $1 AS value, $1::text AS text"),
            PostgresValue.text,
            samples.map { ($0, $0) } + [(nil, nil)]
        )
    }

    @Test("comes back the same: integers")
    func integers() async throws {
        try await roundTrip(
            Statement("SELECT $1 AS value, $1::text AS text"),
            PostgresValue.bigint,
            [(Int64.min, "-9223372036854775808"), (-1, "-1"), (0, "0"), (.max, "9223372036854775807"), (nil, nil)]
        )
        try await roundTrip(
            Statement("SELECT $1 AS value, $1::text AS text"),
            PostgresValue.integer,
            [(Int32.min, "-2147483648"), (.max, "2147483647"), (nil, nil)]
        )
        try await roundTrip(
            Statement("SELECT $1 AS value, $1::text AS text"),
            PostgresValue.smallint,
            [(Int16.min, "-32768"), (.max, "32767"), (nil, nil)]
        )
    }

    @Test("comes back the same: boolean, uuid, double precision")
    func others() async throws {
        try await roundTrip(
            Statement("SELECT $1 AS value, $1::text AS text"),
            PostgresValue.boolean,
            [(true, "true"), (false, "false"), (nil, nil)]
        )
        let uuid = try #require(UUID(uuidString: "0198A3C4-0000-7FFF-8000-00DEADBEEF01"))
        try await roundTrip(
            Statement("SELECT $1 AS value, $1::text AS text"),
            PostgresValue.uuid,
            [(uuid, uuid.uuidString.lowercased()), (nil, nil)]
        )
        try await roundTrip(
            Statement("SELECT $1 AS value, $1::text AS text"),
            PostgresValue.double,
            [
                (0.1, "0.1"), (-.infinity, "-Infinity"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
                (nil, nil),
            ]
        )
    }

    @Test("comes back the same to the microsecond: timestamptz")
    func timestamps() async throws {
        let epoch = Date(timeIntervalSince1970: 0)
        try await roundTrip(
            Statement("SELECT $1 AS value, $1::text AS text"),
            PostgresValue.timestamp,
            [
                (epoch, "1970-01-01 00:00:00+00"),
                (Date(timeIntervalSinceReferenceDate: 0), "2001-01-01 00:00:00+00"),
                (Date(timeIntervalSince1970: -0.000_001), "1969-12-31 23:59:59.999999+00"),
                (Date(timeIntervalSince1970: 253_402_300_799), "9999-12-31 23:59:59+00"),
                (Date(timeIntervalSince1970: 9_224_318_015_999), "294276-12-31 23:59:59+00"),
                (Date(timeIntervalSince1970: -210_866_803_200), "4714-11-24 00:00:00+00 BC"),
                (nil, nil),
            ]
        )
    }

    @Test("keeps every microsecond of a timestamptz, there and back")
    func microseconds() async throws {
        try await TestDatabase.current.withConnection { connection in
            let statement = Statement(
                """
                SELECT stored, extract(microseconds FROM stored)::bigint AS microseconds
                FROM (SELECT timestamptz '2026-11-23 10:00:00Z' + make_interval(secs => $1) AS stored) AS made
                """
            )
            let back = Statement("SELECT extract(microseconds FROM $1::timestamptz)::bigint AS microseconds")
            for microseconds in stride(from: 0, through: 999_999, by: 40_503) {
                let row = try await connection.execute(statement, [.double(Double(microseconds) / 1_000_000)])[0]
                let date = try row.decode(Date.self, "stored")
                #expect(try row.decode(Int.self, "microseconds") == microseconds)
                let returned = try await connection.execute(back, [.timestamp(date)])[0]
                #expect(try returned.decode(Int.self, "microseconds") == microseconds)
            }
        }
    }

    @Test("becomes infinity when the date is beyond PostgreSQL's range, and infinity is refused as a date")
    func infinity() async throws {
        try await TestDatabase.current.withConnection { connection in
            let statement = Statement("SELECT $1 AS value, $1::text AS text")
            for (seconds, text) in [(1e300, "infinity"), (-1e300, "-infinity")] {
                let date = Date(timeIntervalSinceReferenceDate: seconds)
                let row = try await connection.execute(statement, [.timestamp(date)])[0]
                #expect(try row.decode(String.self, "text") == text)
                #expect(throws: PostgresError.self) { try row.decode(Date.self, "value") }
            }
        }
    }

    @Test("comes back the same: interval without months")
    func intervals() async throws {
        try await roundTrip(
            Statement("SELECT $1 AS value, $1::text AS text"),
            PostgresValue.interval,
            [(.zero, "00:00:00"), (.seconds(-90_061), "-25:01:01"), (.microseconds(1), "00:00:00.000001"), (nil, nil)]
        )
        try await TestDatabase.current.withConnection { connection in
            let row = try await connection.execute(
                Statement("SELECT interval '7 days 3 seconds' AS week, interval '1 month' AS month")
            )[0]
            #expect(try row.decode(Duration.self, "week") == .seconds(7 * 86_400 + 3))
            let error = #expect(throws: PostgresError.self) { try row.decode(Duration.self, "month") }
            #expect(error?.message.contains("month") == true)
        }
    }

    @Test("comes back the same: jsonb")
    func jsonb() async throws {
        let text = #"{"ü": [1, null, "\"quoted\""]}"#
        try await roundTrip(
            Statement("SELECT $1 AS value, $1::text AS text"),
            PostgresValue.jsonb,
            [(text, text), ("null", "null"), (nil, nil)]
        )
        try await TestDatabase.current.withConnection { connection in
            let row = try await connection.execute(Statement("SELECT '{ }'::json AS value"))[0]
            #expect(try row.decode(String.self, "value") == "{ }")
        }
    }

    @Test("does not print its value")
    func secrecy() {
        var dumped = ""
        dump(PostgresValue.text("hidden"), to: &dumped)
        #expect(!"\(PostgresValue.text("hidden")) \(dumped)".contains("hidden"))
    }
}
