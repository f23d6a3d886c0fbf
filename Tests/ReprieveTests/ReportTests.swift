import Foundation
import Testing

@testable import reprieve

@Suite("Tables and JSON")
struct ReportTests {
    private struct Pet {
        var name: String
        var age: Int?
    }

    private let report = Report<Pet>([
        Field("name") { .of($0.name) },
        Field("known_age") { .of($0.age) },
        Field("is_old", isColumn: false) { .of($0.age.map { $0 > 9 }) },
    ])

    @Test("a table has a header, columns as wide as their widest cell, and no blanks at the end of a line")
    func table() throws {
        let table = try report.list([Pet(name: "Rex", age: 12), Pet(name: "Miezekatze")], asJSON: false)
        #expect(table == "NAME        KNOWN AGE\nRex         12\nMiezekatze  -")
    }

    @Test("no texts are shown as a dash")
    func noTexts() throws {
        let hosts = Report<[String]>([Field("hosts") { .texts($0) }])
        #expect(try hosts.list([[], ["a", "b"]], asJSON: false) == "HOSTS\n-\na,b")
    }

    @Test("an empty table is its header")
    func emptyTable() throws {
        #expect(try report.list([], asJSON: false) == "NAME  KNOWN AGE")
    }

    @Test("one record has a line for every field")
    func record() throws {
        #expect(
            try report.show(Pet(name: "Rex", age: 12), asJSON: false) == "name       Rex\nknown age  12\nis old     yes"
        )
    }

    @Test("JSON has every key, also without a value")
    func json() throws {
        let text = try report.list([Pet(name: "a/b")], asJSON: true)
        #expect(
            text == """
                [
                  {
                    "is_old" : null,
                    "known_age" : null,
                    "name" : "a/b"
                  }
                ]
                """
        )
    }

    @Test("a total is the last line of a table, and a member of its own in JSON")
    func total() throws {
        let (pets, total) = ([Pet(name: "Rex", age: 12), Pet(name: "Mia", age: 3)], Pet(name: "total", age: 15))
        #expect(
            try report.list(pets, named: "pets", total: total, asJSON: false)
                == "NAME   KNOWN AGE\nRex    12\nMia    3\ntotal  15"
        )
        let json = try report.list(pets, named: "pets", total: total, asJSON: true)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect((document["pets"] as? [[String: Any]])?.map { $0["known_age"] as? Int } == [12, 3])
        #expect((document["total"] as? [String: Any])?["known_age"] as? Int == 15)
    }

    @Test("parts of a record are a table below it, and a member of it in JSON")
    func parts() throws {
        let toys = Report<String>([Field("toy") { .of($0) }])
        let rex = Pet(name: "Rex")
        #expect(
            try report.show(rex, with: ["ball"], toys, named: "toys", asJSON: false)
                == report.show(rex, asJSON: false) + "\n\nTOY\nball"
        )
        #expect(
            try report.show(rex, with: [], toys, named: "toys", asJSON: false) == report.show(rex, asJSON: false)
        )
        let json = try report.show(rex, with: ["ball"], toys, named: "toys", asJSON: true)
        let document = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(document["name"] as? String == "Rex")
        #expect(document["toys"] as? [[String: String]] == [["toy": "ball"]])
    }

    @Test("an empty list is an empty JSON array")
    func emptyJSON() throws {
        let list = try JSONDecoder().decode([String].self, from: Data(try report.list([], asJSON: true).utf8))
        #expect(list.isEmpty)
    }

    @Test("a name cannot steer the terminal, and keeps all it has in JSON")
    func controlCharacters() throws {
        let pet = Pet(name: "\u{1B}[31mred\r\nline\u{9B}2J")
        #expect(try report.list([pet], asJSON: false).contains("?[31mred??line?2J"))
        #expect(try report.list([pet], asJSON: true).contains(#"\u001b[31mred\r\nline"#))
    }

    @Test("times are written in UTC, in JSON with a fraction")
    func times() throws {
        let report = Report<Date>([Field("at") { .of($0) }])
        let date = Date(timeIntervalSince1970: 1_795_428_000.25)
        #expect(try report.list([date], asJSON: false) == "AT\n2026-11-23T10:00:00Z")
        #expect(try report.show(date, asJSON: true).contains(#""2026-11-23T10:00:00.250Z""#))
    }

    @Test("the keys that programs rely on are these")
    func keys() {
        #expect(
            Report.servers.fields.map(\.key) == [
                "id", "name", "status", "task_state", "vm_state", "power_state", "project_id", "user_id", "host",
                "created_at", "updated_at", "deleted_at", "deleted_by", "purge_at",
            ]
        )
        #expect(
            Report.bin(now: Date()).fields.map(\.key) == [
                "id", "name", "project_id", "deleted_by", "deleted_at", "purge_at", "seconds_left", "task_state",
            ]
        )
        #expect(
            Report.tasks.fields.map(\.key) == [
                "id", "kind", "server_id", "status", "attempt", "max_attempts", "host", "position", "progress_step",
                "progress_percent", "waiting_for", "next_attempt_at", "error_code", "error_reason", "error_cause",
                "request_id", "created_at", "started_at", "finished_at",
            ]
        )
        #expect(
            Report.attempts.fields.map(\.key) == ["event", "started_at", "finished_at", "result", "host", "details"]
        )
        #expect(
            Report.queues.fields.map(\.key) == [
                "queue", "queued", "queued_urgent", "queued_normal", "queued_low", "running", "running_limit",
                "retrying", "oldest_seconds", "next_due_seconds", "dead", "workers_alive", "paused_at", "pause_reason",
            ]
        )
        #expect(
            Report.workers.fields.map(\.key) == [
                "id", "hosts", "version", "started_at", "last_seen_at", "alive", "stopping", "running",
            ]
        )
    }
}
