import Compute
import Foundation
import Postgres
import TaskQueue
import TestSupport
import Testing

@Suite("Lists of servers", .migratedDatabase)
struct ListTests {
    private static func names(_ bin: Bin, _ query: ServerQuery) async throws -> String {
        try await bin.store.servers(query).map(\.name).joined(separator: " ")
    }

    private static func query(_ conditions: ServerQuery.Condition..., order: [ServerQuery.Order] = []) -> ServerQuery {
        let byName = [ServerQuery.Order(.name, isDescending: false)]
        return ServerQuery(scope: .all, conditions: conditions, order: order.isEmpty ? byName : order)
    }

    /// a, b and c with their differences.
    private static func fill(_ bin: Bin) async throws {
        for name in ["a", "b", "c"] { _ = try await bin.adopt(name: name) }
        try await bin.run(
            """
            UPDATE compute.servers SET user_id = 'u-' || name, host = 'host-' || name, image_id = 'i-' || name,
                key_name = nullif('k-' || name, 'k-b'), availability_zone = 'z-' || name, description = 'd-' || name,
                flavor = jsonb_build_object('id', 'f-' || name),
                created_at = timestamptz '2026-11-23 10:00:00.25+00' + (ascii(name) - 97) * interval '1 hour';
            UPDATE compute.servers SET locked_by = 'admin', power_state = 4, vm_state = 'stopped' WHERE name = 'b';
            """
        )
    }

    @Test(
        "compare what they are asked to",
        arguments: [
            (.equals(.userID, "u-a"), "a"), (.equals(.host, "host-b"), "b"), (.matches(.node, "-[ab]$"), "a b"),
            (.equals(.image, "i-c"), "c"), (.equals(.imageRef, "i-"), ""), (.matches(.keyName, "^k"), "a c"),
            (.matches(.availabilityZone, "z-(a|c)"), "a c"), (.matches(.description, "B"), ""),
            (.matches(.displayDescription, "b"), "b"), (.equals(.flavor, "f-c"), "c"),
            (.equals(.projectID, "aaaa"), "a b c"),
            (.equals(.tenantID, "bbbb"), ""), (.equals(.locked, "true"), "b"), (.matches(.lockedBy, "adm"), "b"),
            (.matches(.powerState, "4"), "b"), (.equals(.vmState, "stopped"), "b"),
            (.equals(.taskState, "restoring"), ""),
            (.matches(.createdAt, "2026-11-23 1[01]"), "a b"), (.matches(.createdAt, "T12:00:00Z$"), "c"),
            (.matches(.terminatedAt, ""), ""), (.matches(.kernelID, "^$"), "a b c"), (.matches(.progress, "1"), ""),
            (.matches(.accessIPv4, ""), ""), (.matches(.hostname, "^(a|c)$"), "a c"),
            (.matches(.displayName, "[bc]"), "b c"),
            (.equals(.name, "'; --"), ""), (.matches(.name, "%s'\\\\"), ""),
        ] as [(ServerQuery.Condition, String)]
    )
    func conditions(condition: ServerQuery.Condition, expected: String) async throws {
        try await Bin.open { bin in
            try await Self.fill(bin)
            #expect(try await Self.names(bin, Self.query(condition)) == expected)
        }
    }

    @Test("all conditions must hold, and times are bounds that belong to it")
    func together() async throws {
        try await Bin.open { bin in
            try await Self.fill(bin)
            let middle = Date(timeIntervalSince1970: 1_795_431_600.25)
            #expect(try await Self.names(bin, Self.query(.since(.createdAt, middle))) == "b c")
            #expect(try await Self.names(bin, Self.query(.until(.createdAt, middle))) == "a b")
            #expect(try await Self.names(bin, Self.query(.since(.createdAt, middle), .matches(.keyName, ""))) == "c")
            #expect(try await Self.names(bin, Self.query(.since(.createdAt, middle + 0.000_001))) == "c")
        }
    }

    @Test("compare and sort by every column", arguments: ServerQuery.Column.allCases)
    func everyColumn(column: ServerQuery.Column) async throws {
        try await Bin.open { bin in
            try await Self.fill(bin)
            _ = try await bin.store.servers(Self.query(.equals(column, "x"), .matches(column, "x")))
            for isDescending in [true, false] {
                let order = [ServerQuery.Order(column, isDescending: isDescending)]
                #expect(try await Self.pages(bin, order).count == 3)
            }
        }
    }

    @Test("make a host name as the bodies do")
    func hostname() async throws {
        try await Bin.open { bin in
            let names = [
                "My_Web.Server 1": "my-web-server-1", "-a-": "a", "Zürich!": "zrich",
                String(repeating: "x", count: 80): String(repeating: "x", count: 63),
            ]
            for (name, hostname) in names {
                let id = try await bin.adopt(name: name)
                #expect(try await bin.store.servers(Self.query(.equals(.hostname, hostname))).map(\.id) == [id])
            }
            let foreign = try await bin.adopt(name: "東京")
            let fallback = "server-\(foreign.uuidString.lowercased())"
            #expect(try await bin.store.servers(Self.query(.equals(.hostname, fallback))).map(\.id) == [foreign])
        }
    }

    // MARK: Pages

    /// The names in pages of one.
    private static func pages(_ bin: Bin, _ order: [ServerQuery.Order]) async throws -> [String] {
        var query = ServerQuery(scope: .all, order: order, limit: 1)
        var names: [String] = []
        while let server = try await bin.store.servers(query).first, names.count < 10 {
            names.append(server.name)
            query.marker = server.id
        }
        return names
    }

    @Test("go on behind the marker in any order, with what has no value last when ascending")
    func sorted() async throws {
        try await Bin.open { bin in
            try await Self.fill(bin)
            let up = try await Self.pages(bin, [.init(.keyName, isDescending: false)])
            #expect(up == ["a", "c", "b"])
            #expect(try await Self.pages(bin, [.init(.keyName, isDescending: true)]) == ["b", "c", "a"])
            let mixed: [ServerQuery.Order] = [.init(.locked, isDescending: true), .init(.name, isDescending: false)]
            #expect(try await Self.pages(bin, mixed) == ["b", "a", "c"])
            let alike: [ServerQuery.Order] = [
                .init(.projectID, isDescending: false), .init(.createdAt, isDescending: true),
            ]
            #expect(try await Self.pages(bin, alike) == ["c", "b", "a"])
            #expect(try await Self.pages(bin, ServerQuery.Order.newestFirst) == ["c", "b", "a"])
        }
    }

    @Test("go on behind a server that has been destroyed since")
    func destroyedMarker() async throws {
        try await Bin.open { bin in
            try await Self.fill(bin)
            let marker = try #require(try await bin.store.servers(Self.query(.equals(.name, "b"))).first)
            _ = try await bin.forceDelete(marker.id, by: Bin.administrator)
            let destroy = try #require(try await bin.claim(hosts: ["host-b"]).first)
            _ = try await bin.store.beginDestroy(task: destroy.id, token: destroy.lease.token)
            try await bin.finish(destroy, .succeeded)
            #expect(try await bin.store.server(marker.id, in: .all) == nil)
            var query = ServerQuery(scope: Bin.owner.scope, marker: marker.id)
            #expect(try await Self.names(bin, query) == "a")
            query.scope = Bin.stranger.scope
            let error = await #expect(throws: ComputeError.self) { try await bin.store.servers(query) }
            #expect(error?.code == .markerNotFound)
        }
    }

    @Test("read a page, however many servers lie in the bin, are destroyed or are others'")
    func cost() async throws {
        try await Bin.open(maximumConnections: 1) { bin in
            try await bin.run(Self.many)
            for query in [
                ServerQuery(scope: .project("aaaa"), limit: 20), ServerQuery(scope: .project("aaaa")),
                ServerQuery(scope: .all, limit: 20),
            ] {
                let before = try await Self.read(bin)
                let page = try await bin.store.servers(query)
                let cost = try await Self.read(bin) - before
                #expect(page.count == min(query.limit, 60))
                #expect(cost < 400, "\(cost) rows and entries were read for \(query)")
            }
            var next = ServerQuery(scope: .project("aaaa"), limit: 20)
            next.marker = try await bin.store.servers(next).last?.id
            let before = try await Self.read(bin)
            #expect(try await bin.store.servers(next).count == 20)
            #expect(try await Self.read(bin) - before < 200)
        }
    }

    /// 60 live servers among 20 000 that lie in the bin or are destroyed, and 5000 of another project.
    private static let many = """
        INSERT INTO compute.servers (
            id, project_id, user_id, name, host, vm_state, power_state, created_at, updated_at, launched_at,
            terminated_at, deleted_at, purge_at
        )
        SELECT gen_random_uuid(), CASE WHEN n % 5 = 1 THEN 'ffff' ELSE 'aaaa' END, 'ann', 'srv-' || n, 'compute-01',
            s.state, 4, now() - n * interval '1 second', now(), now(), now(),
            CASE WHEN s.state IN ('soft-delete', 'deleted') THEN now() END,
            CASE WHEN s.state IN ('soft-delete', 'deleted') THEN now() + interval '7 days' END
        FROM generate_series(1, 25000) n
        CROSS JOIN LATERAL (
            SELECT CASE WHEN n <= 150 AND n % 5 IN (0, 2) OR n % 5 = 1 AND n > 1000 THEN 'active'
                WHEN n % 2 = 0 THEN 'deleted' ELSE 'soft-delete' END AS state
        ) s
        """

    private static func read(_ bin: Bin) async throws -> Int {
        try await bin.flushStatistics()
        return try await bin.value(
            Int.self,
            Statement(
                """
                SELECT t.seq_tup_read + t.idx_tup_fetch + (
                    SELECT sum(i.idx_tup_read)::bigint FROM pg_stat_user_indexes i WHERE i.relid = t.relid
                ) AS value
                FROM pg_stat_user_tables t WHERE t.relid = 'compute.servers'::regclass
                """
            )
        )
    }
}
