import Compute
import Foundation
import Testing

@testable import ComputeAPI

@Suite("Pages")
struct PagingTests {
    private func harness(_ count: Int) -> Harness {
        var state = MemoryServers.State()
        state.servers = (0..<count).map { _ in
            var server = Sample.server(.active)
            server.id = UUID()
            return server
        }
        return Harness(state)
    }

    @Test("a limit that is no number is refused", arguments: ["-1", "x", "1.5", "%2B1", "1e3", "%D9%A1"])
    func badLimit(text: String) async throws {
        let value = PercentCoding.decode(text[...])
        for path in ["servers", "servers/detail", "tasks"] {
            try await harness(0).get("/v2.1/\(path)?limit=\(text)").expectFault(
                400,
                "badRequest",
                "Invalid input for query parameters limit. Value: \(value). '\(value)' does not match '^[0-9]*$'"
            )
        }
    }

    @Test("an empty limit is refused")
    func emptyLimit() async throws {
        try await harness(0).get("/v2.1/servers?limit=")
            .expectFault(400, "badRequest", "Invalid input for query parameters limit. Value: . '' should be non-empty")
    }

    @Test(
        "no limit and one beyond the maximum are the maximum",
        arguments: [
            ("", 1000), ("?limit=0", 0), ("?limit=7", 7), ("?limit=1000", 1000), ("?limit=1001", 1000),
            ("?limit=99999999999999999999999999", 1000), ("?limit=3&limit=4", 4),
        ]
    )
    func limits(text: String, limit: Int) async {
        let harness = harness(0)
        #expect(await harness.get("/v2.1/servers\(text)").status == 200)
        #expect(harness.servers.state.queries.first?.limit == limit)
    }

    @Test("a full page links to the next one, with the query as it was")
    func next() async throws {
        let harness = harness(3)
        let reply = await harness.get("/v2.1/\(Sample.projectID)/servers/detail?name=s%20r&limit=2&marker=x")
        #expect(reply.status == 400)
        let marker = harness.servers.state.servers[0].id.text
        let page = await harness.get("/v2.1/\(Sample.projectID)/servers/detail?marker=\(marker)&limit=2&name=s")
        let last = try #require(try page.list("servers").last?["id"] as? String)
        let links = try page.list("servers_links")
        #expect(links.count == 1)
        #expect(links[0]["rel"] as? String == "next")
        #expect(
            links[0]["href"] as? String
                == "\(Harness.base)/v2.1/\(Sample.projectID)/servers/detail?limit=2&marker=\(last)&name=s"
        )
    }

    @Test(
        "a link has the query sorted and the marker where one stood or at the end",
        arguments: [
            ("sort_key=uuid&limit=1", "limit=1&sort_key=uuid&marker=M"),
            ("sort_key=uuid&marker=a&limit=1&marker=b", "limit=1&marker=M&sort_key=uuid"),
            ("name=r%20%2B%3d&limit=1", "limit=1&name=r+%2B%3D&marker=M"),
            ("sort_key=uuid&limit=1&sort_key=host", "limit=1&sort_key=uuid&sort_key=host&marker=M"),
        ]
    )
    func link(query: String, expected: String) {
        #expect(Query(query[...]).text(marker: "M") == expected)
    }

    @Test("a page of none is empty and links nowhere")
    func noRows() async throws {
        let reply = await harness(3).get("/v2.1/servers?limit=0")
        #expect(try reply.list("servers").isEmpty)
        #expect(try reply.json()["servers_links"] == nil)
    }

    @Test("a page that is not full has no link")
    func noNext() async throws {
        for text in ["?limit=4", ""] {
            #expect(try await harness(3).get("/v2.1/servers\(text)").json()["servers_links"] == nil)
        }
    }

    @Test("a page of the maximum length links on, without a limit too")
    func longestPage() async throws {
        var state = MemoryServers.State()
        state.servers = [Sample.server(.active)]
        let reply = await Harness(state) { $0.maximumPage = 1 }.get("/v2.1/servers")
        #expect(
            try reply.list("servers_links")[0]["href"] as? String
                == "\(Harness.base)/v2.1/servers?marker=\(Sample.id.text)"
        )
    }

    @Test("an unknown marker is refused", arguments: ["x", Sample.unknownID.text, ""])
    func marker(text: String) async throws {
        try await harness(1).get("/v2.1/servers?marker=\(text)")
            .expectFault(400, "badRequest", "marker [\(text)] not found")
    }
}
