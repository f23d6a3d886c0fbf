import Compute
import Foundation
import Testing

@testable import ComputeAPI

@Suite("Filters of server lists")
struct FilterTests {
    private func query(_ text: String, token: String = Harness.member, version: String = "2.96") async throws
        -> ServerQuery
    {
        let harness = Harness()
        let reply = await harness.get("/v2.1/servers?\(text)", token: token, version: version)
        #expect(reply.status == 200, "\(reply.text)")
        return try #require(harness.servers.state.queries.first, "\(text)")
    }

    /// Name, whether a pattern, first version of members.
    private static let keys: [(ServerQuery.Column, isPattern: Bool, members: Int?)] = [
        (.accessIPv4, true, nil), (.accessIPv6, true, nil), (.autoDiskConfig, true, nil), (.availabilityZone, true, 83),
        (.configDrive, true, 83), (.createdAt, true, 83), (.description, true, nil), (.displayDescription, true, nil),
        (.displayName, true, nil), (.flavor, false, 1), (.host, false, nil), (.hostname, true, nil), (.image, false, 1),
        (.imageRef, false, nil), (.kernelID, true, nil), (.keyName, true, 83), (.launchIndex, true, nil),
        (.launchedAt, true, 83), (.lockedBy, true, nil), (.name, true, 1), (.node, true, nil), (.powerState, true, 83),
        (.progress, true, 83), (.ramdiskID, true, nil), (.reservationID, true, 1), (.rootDeviceName, true, nil),
        (.taskState, false, 83), (.terminatedAt, true, 83), (.userID, false, 83), (.uuid, false, nil),
        (.vmState, false, 83),
    ]

    @Test("each compares as Nova's, for administrators always and for others from its version on", arguments: keys)
    func key(column: ServerQuery.Column, isPattern: Bool, members: Int?) async throws {
        let text = "\(column.rawValue)=a&\(column.rawValue)=b"
        let expected: ServerQuery.Condition = isPattern ? .matches(column, "b") : .equals(column, "b")
        #expect(try await query(text, token: Harness.administrator, version: "2.1").conditions == [expected])
        #expect(try await query(text).conditions == (members == nil ? [] : [expected]))
        guard let members else { return }
        #expect(try await query(text, version: "2.\(members)").conditions == [expected])
        guard members > 1 else { return }
        #expect(try await query(text, version: "2.\(members - 1)").conditions.isEmpty)
    }

    @Test("a project is asked for by administrators who list all")
    func projects() async throws {
        for name in ["project_id", "tenant_id"] {
            let condition = ServerQuery.Condition.equals(name == "project_id" ? .projectID : .tenantID, "x")
            let all = try await query("\(name)=x&all_tenants=1", token: Harness.administrator)
            #expect(all.conditions == [condition] && all.scope == .all)
            let own = try await query("\(name)=x", token: Harness.administrator)
            #expect(own.conditions.isEmpty && own.scope == .project(Sample.projectID))
            #expect(try await query("\(name)=x").conditions.isEmpty)
        }
    }

    @Test("the empty text is no regular expression, whoever asks, from the version of the key on")
    func emptyPattern() async throws {
        for key in ["name", "hostname", "flavor", "ip6"] {
            for token in [Harness.member, Harness.administrator] {
                try await Harness().get("/v2.1/servers?\(key)=web&\(key)=", token: token).expectFault(
                    400,
                    "badRequest",
                    "Invalid input for query parameters \(key). Value: . '' is not a 'regex'"
                )
            }
        }
        for key in ["launch_index", "image", "host", "tags"] {
            #expect(await Harness().get("/v2.1/servers?\(key)=").status == 200, "\(key)")
        }
        #expect(await Harness().get("/v2.1/servers?tags=", version: "2.26").status == 400)
    }

    @Test(
        "what is no regular expression is refused under every key that Nova takes for one, whoever asks",
        arguments: ["name", "hostname", "flavor", "ip", "key_name", "tags", "node"]
    )
    func badPattern(key: String) async throws {
        for token in [Harness.member, Harness.administrator] {
            for (text, value) in [("%5B", "["), ("(", "("), ("*", "*"), ("a%5C", "a\\")] {
                try await Harness().get("/v2.1/servers?\(key)=\(text)&\(key)=web", token: token, version: "2.26")
                    .expectFault(
                        400,
                        "badRequest",
                        "Invalid input for query parameters \(key). Value: \(value). '\(value)' is not a 'regex'"
                    )
            }
        }
        for text in ["%5Ba-c%5D*", "(?P<n>x)", "a%7B", "%5Ew.b$"] {
            #expect(await Harness().get("/v2.1/servers?\(key)=\(text)", version: "2.26").status == 200, "\(text)")
        }
    }

    @Test("a query that is no UTF-8 is refused, wherever it stands")
    func notUTF8() async throws {
        for path in ["servers", "servers/detail", "limits", "os-quota-sets/aa", "tasks"] {
            for query in ["name=%FF", "%C3=1", "a=b&c=%E2%82"] {
                try await Harness().get("/v2.1/\(path)?\(query)")
                    .expectFault(400, "badRequest", "Query string is not UTF-8 encoded")
            }
        }
        #expect(await Harness().get("/v2.1/servers?name=%E2%82%AC%").status == 200)
    }

    @Test("locked is a boolean, from 2.73 on")
    func locked() async throws {
        #expect(try await query("locked=on").conditions == [.equals(.locked, "true")])
        #expect(try await query("locked=0", version: "2.73").conditions == [.equals(.locked, "false")])
        #expect(try await query("locked=bad", version: "2.72").conditions.isEmpty)
        try await Harness().get("/v2.1/servers?locked=bad&all_tenants=1", version: "2.73").expectFault(
            400,
            "badRequest",
            "Unrecognized value 'bad', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', "
                + "'true', 'y', 'yes'"
        )
    }

    @Test(
        "addresses and tags are nobody's here",
        arguments: [("ip", 1), ("ip6", 5), ("tags", 26), ("tags-any", 26)]
    )
    func nothing(name: String, first: Int) async throws {
        let harness = Harness(server: Sample.server(.active))
        let path = "/v2.1/servers?\(name)=a"
        #expect(try await harness.get(path, version: "2.\(first)").list("servers").isEmpty)
        guard first > 1 else { return }
        #expect(try await harness.get(path, version: "2.\(first - 1)").list("servers").count == 1)
    }

    @Test("a tag that must be missing is", arguments: ["not-tags", "not-tags-any"])
    func notTags(name: String) async throws {
        #expect(try await query("\(name)=a").conditions.isEmpty)
    }

    @Test("a status decides over the state that is asked for")
    func statusAndState() async throws {
        let both = try await query("status=ERROR&vm_state=active")
        #expect(both.states == [.error] && both.conditions.isEmpty)
    }

    // MARK: Changes

    private static let everything = VMState.allCases

    @Test(
        "changes are of everything, unless somebody who is asked says otherwise",
        arguments: [
            ("", Harness.member, everything), ("&deleted=False", Harness.member, everything),
            ("&deleted=True", Harness.member, [.softDelete, .deleted]), ("", Harness.administrator, everything),
            ("&deleted=False", Harness.administrator, VMState.live),
            ("&deleted=True", Harness.administrator, [.softDelete, .deleted]),
            ("&status=ACTIVE", Harness.member, [.active]),
            ("&status=DELETED&status=ACTIVE", Harness.member, [.deleted, .active]),
            ("&status=soft_deleted&deleted=False", Harness.administrator, [.softDelete]),
        ]
    )
    func changes(text: String, token: String, states: [VMState]) async throws {
        let since = try await query("changes-since=2026-11-23T10:00:00Z\(text)", token: token, version: "2.1")
        #expect(since.states == states)
        #expect(since.conditions == [.since(.updatedAt, Date(timeIntervalSince1970: 1_795_428_000))])
        let before = try await query("changes-before=2026-11-23T10:00:00Z\(text)", token: token, version: "2.66")
        #expect(before.states == states)
        #expect(before.conditions == [.until(.updatedAt, Date(timeIntervalSince1970: 1_795_428_000))])
        let early = try await query("changes-before=bad\(text)", token: token, version: "2.65")
        #expect(early.conditions.isEmpty)
    }

    @Test("a member's deleted one among other states is left out without a word")
    func deletedAmongOthers() async throws {
        #expect(try await query("status=DELETED&status=ACTIVE").states == [.active])
        try await Harness().get("/v2.1/servers?status=DELETED&changes-since=2026-01-01")
            .expectFault(403, "forbidden", "Only administrators may list deleted instances")
    }

    @Test("a time that is none is refused", arguments: ["changes-since", "changes-before"])
    func badTime(name: String) async throws {
        for value in ["bad", "", "2026-13-01", "2026-02-30", "2026-11-23T24:00:00Z", "2026-11-23T10:00:00+00:00"] {
            let seen = value.replacingOccurrences(of: "+", with: " ")
            try await Harness().get("/v2.1/servers?\(name)=\(value)&\(name)=2026-01-01", version: "2.66").expectFault(
                400,
                "badRequest",
                "Invalid input for query parameters \(name). Value: \(seen). '\(seen)' is not a 'date-time'"
            )
        }
    }

    @Test(
        "a time is read in every way of writing it",
        arguments: [
            "2026-11-23T10:00:00Z", "2026-11-23T10:00:00", "2026-11-23 10:00", "20261123T100000Z",
            "2026-11-23T12:00:00+02:00",
            "2026-11-23T05:30:00.000-0430", "2026-11-23T10", "2026-11-23T11:00:00+01",
        ]
    )
    func times(text: String) {
        #expect(QueryTime.parse(text) == Date(timeIntervalSince1970: 1_795_428_000))
    }

    @Test("a day, a month and a year are their beginnings, a fraction counts")
    func partialTimes() {
        #expect(QueryTime.parse("2026-11-23") == Date(timeIntervalSince1970: 1_795_392_000))
        #expect(QueryTime.parse("2026-11") == Date(timeIntervalSince1970: 1_793_491_200))
        #expect(QueryTime.parse("2026") == Date(timeIntervalSince1970: 1_767_225_600))
        #expect(QueryTime.parse("2026-11-23T10:00:00,5Z") == Date(timeIntervalSince1970: 1_795_428_000.5))
        for text in ["202611", "2026-11-23T", "2026-11-23X10", "0000-01-01", "2026-11-23T10:00:00z", "٢٠٢٦"] {
            #expect(QueryTime.parse(text) == nil, "\(text)")
        }
    }

    // MARK: Fields that are nobody's

    @Test("fields of other tables are refused to those who may use every filter")
    func joined() async throws {
        for name in ["metadata", "system_metadata", "services", "_x"] {
            try await Harness().get("/v2.1/servers?\(name)=1", token: Harness.administrator)
                .expectFault(400, "badRequest", "Invalid filter field: \(name).")
            #expect(try await query("\(name)=1").conditions.isEmpty)
        }
    }

    @Test("every filter is known from 2.75 on")
    func known() async {
        for key in ServerFilterKey.all {
            let value = key.name == "locked" ? "1" : "x"
            let reply = await Harness().get("/v2.1/servers?\(key.name)=\(value)", version: "2.75")
            #expect(reply.status == 200, "\(key.name): \(reply.text)")
        }
    }

    @Test("what the schema refuses is refused before it is asked who may")
    func schemaFirst() async throws {
        let harness = Harness(authenticator: Outsider())
        for text in ["limit=x", "limit=", "name=", "sort_key=x", "changes-since=x", "nonsense=1"] {
            #expect(await harness.get("/v2.1/servers?\(text)", version: "2.75").status == 400, "\(text)")
        }
        for text in ["status=bogus", "all_tenants=bad", "sort_dir=x", "marker=x"] {
            #expect(await harness.get("/v2.1/servers?\(text)", version: "2.75").status == 403, "\(text)")
        }
    }
}
