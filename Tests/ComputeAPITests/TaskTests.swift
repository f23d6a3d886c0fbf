import Compute
import Foundation
import Testing

@testable import ComputeAPI

@Suite("Tasks on the wire")
struct TaskTests {
    private let harness: Harness
    private let path = "/v2.1/tasks/\(Sample.taskID.text)"

    init() {
        var state = MemoryServers.State()
        state.tasks = [Sample.task()]
        harness = Harness(state)
    }

    @Test("a task has all its keys, null where there is nothing")
    func body() async throws {
        let task = try await harness.get(path).object("task")
        let expected: [String: Any] = [
            "id": Sample.taskID.text, "kind": "restore", "server_id": Sample.id.text, "status": "retrying",
            "attempt": 1,
            "max_attempts": 5, "host": Sample.host, "position": NSNull(),
            "progress": ["step": "power on", "percent": 60], "waiting_for": NSNull(),
            "next_attempt_at": "2026-11-23T10:00:00.123456",
            "error": ["code": "transient", "reason": "The host had no memory left."],
            "request_id": Sample.requestID, "created_at": "2026-11-23T10:00:00.123456",
            "started_at": "2026-11-23T10:00:00.123456", "finished_at": NSNull(),
            "links": [
                ["rel": "self", "href": "\(Harness.base)\(path)"],
                ["rel": "server", "href": "\(Harness.base)/v2.1/servers/\(Sample.id.text)"],
            ],
        ]
        #expect(NSDictionary(dictionary: task) == NSDictionary(dictionary: expected))
    }

    @Test("the raw cause is the administrators'")
    func cause() async throws {
        let task = try await harness.get(path, token: Harness.administrator).object("task")
        let error = try #require(task["error"] as? [String: Any])
        #expect(error["cause"] as? String == Sample.cause)
    }

    @Test("its links have the form of the request's URL")
    func links() async throws {
        let reply = await harness.get("/v2.1/\(Sample.projectID)/tasks/\(Sample.taskID.text)")
        let links = try #require(try reply.object("task")["links"] as? [[String: String]])
        #expect(links[0]["href"] == "\(Harness.base)/v2.1/\(Sample.projectID)/tasks/\(Sample.taskID.text)")
    }

    @Test("one that is unknown, or another project's, is not found")
    func unknown() async throws {
        for (id, token) in [
            (Sample.taskID.text, Harness.stranger), (Sample.unknownID.text, Harness.member), ("x", Harness.member),
        ] {
            try await harness.get("/v2.1/tasks/\(id)", token: token)
                .expectFault(404, "itemNotFound", "Task \(id) could not be found.")
        }
        #expect(await harness.get(path, token: Harness.stranger + ":admin").status == 200)
    }

    @Test(
        "a list is filtered",
        arguments: [
            ("", 1), ("?status=retrying", 1), ("?status=queued", 0), ("?kind=restore", 1), ("?kind=purge", 0),
            ("?server_id=\(Sample.id.text)", 1), ("?server_id=\(Sample.unknownID.text)", 0), ("?limit=1", 1),
        ]
    )
    func list(text: String, count: Int) async throws {
        #expect(try await harness.get("/v2.1/tasks\(text)").list("tasks").count == count)
    }

    @Test("a list shows the own project, and all to administrators who ask")
    func scope() async throws {
        #expect(try await harness.get("/v2.1/tasks", token: Harness.stranger).list("tasks").isEmpty)
        let administrator = Harness.stranger + ":admin"
        #expect(try await harness.get("/v2.1/tasks", token: administrator).list("tasks").isEmpty)
        #expect(try await harness.get("/v2.1/tasks?all_tenants=1", token: administrator).list("tasks").count == 1)
        try await harness.get("/v2.1/tasks?all_tenants=1").expectFault(
            403,
            "forbidden",
            "Policy doesn't allow reprieve:tasks:index:get_all_tenants to be performed."
        )
    }

    @Test("a filter that cannot fit is refused")
    func badFilters() async throws {
        try await harness.get("/v2.1/tasks?kind=x").expectFault(
            400,
            "badRequest",
            "Invalid input for query parameters kind. Value: x. 'x' is not one of ['soft_delete', 'restore', 'purge', "
                + "'force_delete']"
        )
        #expect(await harness.get("/v2.1/tasks?status=x").status == 400)
        try await harness.get("/v2.1/tasks?server_id=x").expectFault(
            400,
            "badRequest",
            "Invalid input for query parameters server_id. Value: x. 'x' is not a 'uuid'"
        )
    }
}
