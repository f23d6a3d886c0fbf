import Compute
import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("Reading tasks again")
struct TaskReadTests {
    private let path = "/v2.1/tasks/\(Sample.taskID.text)"

    private func harness(_ count: Int = 1) -> Harness {
        var state = MemoryServers.State()
        state.tasks = (0..<count).map { number in
            var task = Sample.task()
            if number > 0 { task.id = UUID() }
            return task
        }
        return Harness(state)
    }

    @Test("who has the task as it is gets 304 and no body", arguments: ["", "tasks?status=retrying"])
    func unchanged(list: String) async throws {
        let harness = harness()
        let path = list.isEmpty ? path : "/v2.1/\(list)"
        let tag = try #require(await harness.get(path)["etag"])
        #expect(tag.hasPrefix("\"") && tag.hasSuffix("\"") && tag.count == 34)
        for known in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
            let reply = await harness.send(.get, path, headers: [.ifNoneMatch: known])
            #expect(reply.status == 304)
            #expect(reply.body.isEmpty)
            #expect(reply["etag"] == tag)
            #expect(reply["x-openstack-request-id"] != nil)
        }
        #expect(await harness.send(.get, path, headers: [.ifNoneMatch: "\"x\""]).status == 200)
    }

    @Test("the tag is of what the caller sees")
    func tag() async {
        let harness = harness()
        let member = await harness.get(path)["etag"]
        #expect(await harness.get(path, token: Harness.administrator)["etag"] != member)
        #expect(await harness.get("/v2.1/\(Sample.projectID)/tasks/\(Sample.taskID.text)")["etag"] != member)
        #expect(await harness.send(.head, path)["etag"] == member)
        harness.servers.change { $0.tasks[0].progress?.percent = 61 }
        #expect(await harness.get(path)["etag"] != member)
    }

    @Test("a full page links to the next one")
    func pages() async throws {
        let harness = harness(5)
        var path = "/v2.1/tasks?kind=restore&limit=2"
        var seen: [String] = []
        for count in [2, 2, 1] {
            let reply = await harness.get(path)
            let tasks = try reply.list("tasks")
            seen += tasks.compactMap { $0["id"] as? String }
            #expect(tasks.count == count)
            let links = try #require(try reply.json()["tasks_links"] as? [[String: String]]?, "\(reply.text)")
            #expect((links == nil) == (count == 1))
            guard let href = links?.first?["href"] else { break }
            #expect(href.hasPrefix("\(Harness.base)/v2.1/tasks?kind=restore&limit=2&marker="))
            path = String(href.dropFirst(Harness.base.count))
        }
        #expect(seen == harness.servers.state.tasks.map(\.id.text))
    }

    @Test("a marker that is nobody's is refused", arguments: ["x", Sample.unknownID.text])
    func badMarker(marker: String) async throws {
        try await harness().get("/v2.1/tasks?marker=\(marker)")
            .expectFault(400, "badRequest", "marker [\(marker)] not found")
    }

    @Test(
        "the preference to wait is read as RFC 7240 writes it",
        arguments: [
            ("wait=7", 7), ("respond-async, Wait = \"7\"", 7), ("wait=7; x=y", 7), ("wait=0", nil), ("wait=-1", nil),
            ("wait", nil), ("wait=1.5", nil), ("waits=7", nil), ("", nil), ("wait=99999999999999999999999", Int.max),
        ]
    )
    func preference(text: String, seconds: Int?) {
        #expect(Preferences.wait([.prefer: text]) == seconds)
    }
}
