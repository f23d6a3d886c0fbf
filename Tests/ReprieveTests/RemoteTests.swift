import Foundation
import Testing

@testable import reprieve

@Suite("What the API says")
struct RemoteTests {
    @Test("times are read with and without fraction and Z")
    func times() {
        let tenOClock = Date(timeIntervalSince1970: 1_795_428_000)
        #expect(WireDate.parse("2026-11-23T10:00:00Z") == tenOClock)
        #expect(WireDate.parse("2026-11-23T10:00:00.500000") == tenOClock + 0.5)
        for text in [
            "", "2026-11-23", "2026-11-23T10:00:00+01:00", "2026-11-23T10:00:00.x", "yesterday at ten o'clock",
        ] {
            #expect(WireDate.parse(text) == nil, "\(text)")
        }
        #expect(HTTPDate.parse("Mon, 23 Nov 2026 10:00:00 GMT") == tenOClock)
    }

    @Test("a server is read with and without what only administrators see")
    func server() throws {
        let text = """
            {"id": "8d12", "name": "web-1", "status": "SOFT_DELETED", "tenant_id": "0ff1ce", "user_id": "ada",
             "OS-EXT-STS:vm_state": "soft-delete", "OS-EXT-STS:task_state": null, "OS-EXT-STS:power_state": 4,
             "created": "2026-11-23T10:00:00Z", "updated": "2026-11-23T10:00:00Z", "flavor": {"id": "1"},
             "reprieve:purge_at": "2026-11-30T10:00:00.000000", "reprieve:deleted_by": "ada"}
            """
        let server = try WireDate.decoder().decode(RemoteServer.self, from: Data(text.utf8))
        #expect(server.isAtRestInBin)
        #expect(server.host == nil)
        let now = try #require(WireDate.parse("2026-11-23T10:00:01Z"))
        let table = try Report.bin(now: now).list([server], asJSON: false)
        #expect(table.contains("6d 23h"))
        #expect(try Report.bin(now: now).list([server], asJSON: true).contains(#""seconds_left" : 604799"#))
    }

    @Test("a task tells how it stands")
    func task() throws {
        let text = """
            {"id": "0198", "kind": "restore", "server_id": "8d12", "status": "retrying", "attempt": 2, "max_attempts": 5,
             "host": "compute-07", "position": null, "progress": {"step": "power on", "percent": 60},
             "waiting_for": "host compute-07", "next_attempt_at": null,
             "error": {"code": "transient", "reason": "The host does not answer."}, "request_id": "req-1",
             "created_at": "2026-11-23T10:00:00.000000", "started_at": null, "finished_at": null, "links": []}
            """
        let task = try WireDate.decoder().decode(RemoteTask.self, from: Data(text.utf8))
        #expect(!task.isFinished)
        #expect(
            task.standing == "retrying, attempt 2 of 5, power on 60 %, waiting for host compute-07, "
                + "last attempt: The host does not answer."
        )
    }

    @Test("of a Location only the task's id is used")
    func location() {
        var answer = ComputeAnswer(status: 202, body: Data())
        #expect(answer.taskID == nil)
        answer.location = "http://elsewhere:1/v2.1/0ff1ce/tasks/0198?a=b"
        #expect(answer.taskID == "0198")
    }

    @Test("what is not understood is no crash and no success")
    func nonsense() {
        let error = #expect(throws: CommandError.self) {
            try ComputeAnswer(status: 200, body: Data("<html>".utf8)).decode([String].self)
        }
        #expect(error?.code == .failed)
    }

    @Test("the API's wish for a pause is followed within reason")
    func pauses() {
        #expect(TaskWait.pause(nil) == .seconds(1))
        #expect(TaskWait.pause(.seconds(3)) == .seconds(3))
        #expect(TaskWait.pause(.seconds(0)) == .milliseconds(200))
        #expect(TaskWait.pause(.seconds(86_400)) == .seconds(30))
    }
}

@Suite("Which server is meant")
struct ServerResolverTests {
    private func server(_ id: String) -> RemoteServer {
        RemoteServer(
            id: id,
            name: "db",
            status: "ACTIVE",
            projectID: "0ff1ce",
            userID: "ada",
            vmState: "active",
            createdAt: .distantPast,
            updatedAt: .distantPast
        )
    }

    @Test("the only one is it")
    func only() throws {
        #expect(try ServerResolver.only([server("a")], "db").id == "a")
    }

    @Test("none is not found")
    func none() {
        let error = #expect(throws: CommandError.self) { try ServerResolver.only([], "db") }
        #expect(error?.code == .notFound)
    }

    @Test("of several none is taken, and all are named")
    func several() {
        let error = #expect(throws: CommandError.self) { try ServerResolver.only([server("a"), server("b")], "db") }
        #expect(error?.code == .misused)
        #expect(error?.line.contains("a (ACTIVE), b (ACTIVE)") == true)
    }

    @Test("a name is looked for as it is, whatever it holds")
    func escape() {
        #expect(ServerResolver.escape("db-1.example (old)") == #"db-1\.example \(old\)"#)
        #expect(ServerResolver.escape(#"a\d[]{}*+?^$|"#) == #"a\\d\[\]\{\}\*\+\?\^\$\|"#)
    }
}
