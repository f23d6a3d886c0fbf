import Compute
import Foundation
import TestSupport
import Testing

@Suite("Bad input, at a real API over a real database", .migratedDatabase)
struct BadInputTests {
    /// A request that must be refused.
    private struct Refused: Sendable {
        var method = "POST"
        var path: String
        var body: String? = #"{"restore": null}"#
        var token = Fleet.owner
        var status: Int
    }

    private func requests(on id: String) -> [Refused] {
        let action = "/v2.1/aaaa/servers/\(id)/action"
        let unknown = "/v2.1/aaaa/servers/\(UUID().text)"
        let bodies: [(String, Int)] = [
            (#"{"restore": null"#, 400), ("", 400), ("\u{FEFF}{\"restore\": null}", 400), ("null", 404), ("[1]", 404),
            (#"{"restore": null, "forceDelete": null}"#, 400), (#"{"Restore": null}"#, 400), ("{}", 400),
            (String(repeating: "[", count: 5000), 400),
            (#"{"restore": ""# + String(repeating: "x", count: 115_000), 413),
        ]
        return bodies.map { Refused(path: action, body: $0, status: $1) } + [
            Refused(path: action, token: "bob:bbbb", status: 400),
            Refused(path: "/v2.1/servers/\(id)/action", token: "bob:bbbb", status: 404),
            Refused(path: "/v2.1/servers/\(id)/action", token: "eve:aaaa:reader", status: 403),
            Refused(path: action, token: "", status: 401),
            Refused(path: action, token: "ann:PROJECT!", status: 401),
            Refused(path: action, token: "ann:aaaa:emperor", status: 401),
            Refused(path: unknown + "/action", status: 404),
            Refused(path: "/v2.1/aaaa/servers/not-a-uuid/action", status: 404),
            Refused(path: action + "/", status: 404),
            Refused(path: "/v2.1/aaaa/servers/\(id)/action'; DROP TABLE compute.servers; --", status: 404),
            Refused(method: "DELETE", path: "/v2.1/servers/\(id)", body: nil, token: "bob:bbbb", status: 404),
            Refused(method: "DELETE", path: unknown, body: nil, status: 404),
            Refused(method: "GET", path: "/v2.1/servers/\(id)", body: nil, token: "bob:bbbb", status: 404),
            Refused(method: "GET", path: "/v2.1/servers?limit=-1", body: nil, status: 400),
            Refused(method: "GET", path: "/v2.1/servers?limit=many", body: nil, status: 400),
            Refused(method: "GET", path: "/v2.1/servers?marker=nobody", body: nil, status: 400),
            Refused(method: "GET", path: "/v2.1/servers/detail?name=(", body: nil, status: 400),
            Refused(method: "GET", path: #"/v2.1/servers?name=(a*)(a*)\1"#, body: nil, status: 400),
            Refused(method: "GET", path: "/v2.1/tasks/\(UUID().text)", body: nil, status: 404),
        ] + nullCharacters(on: id)
    }

    /// PostgreSQL has no text with this character.
    private func nullCharacters(on id: String) -> [Refused] {
        let name = #"{"server": {"name": "a\u0000"}}"#
        let reads = [
            "/v2.1/servers?name=\u{0}", "/v2.1/servers?marker=\u{0}", "/v2.1/limits?tenant_id=\u{0}",
            "/v2.1/os-services?host=\u{0}", "/v2.1/tasks?kind=\u{0}",
        ]
        return reads.map { Refused(method: "GET", path: $0, body: nil, token: "root:aaaa:admin", status: 400) } + [
            Refused(method: "GET", path: "/v2.1/os-quota-sets/\u{0}", body: nil, token: "root:aaaa:admin", status: 400),
            Refused(method: "PUT", path: "/v2.1/servers/\(id)", body: name, status: 400),
        ]
    }

    @Test("is refused with Nova's status and changes nothing: no server, no action, no task")
    func changesNothing() async throws {
        try await Fleet.run { fleet in
            let api = try await fleet.startAPI()
            let worker = try fleet.startWorker()
            let id = try await fleet.adopt()
            #expect(try await api.delete(id).status == 204)
            try await fleet.waitFor(.softDelete, of: [id])
            worker.crash()
            let server = try await fleet.server(id)
            let actions = try await fleet.store.actions(of: id)
            let tasks = try await fleet.store.tasks(in: .all)

            for request in requests(on: id.text) {
                var client = api
                client.token = request.token
                let path = try #require(request.path.addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed))
                let answer = try await client.send(request.method, path, request.body)
                #expect(answer.status == request.status, "\(request.method) \(request.path) \(request.body ?? "")")
            }
            let raw = try await api.send(
                "POST",
                "/v2.1/aaaa/servers/\(id.text)/action",
                "<restore/>",
                as: "application/xml"
            )
            #expect(raw.status == 415)

            #expect(try await fleet.server(id) == server)
            #expect(try await fleet.store.actions(of: id) == actions)
            #expect(try await fleet.store.tasks(in: .all) == tasks)
        }
    }
}
