import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("Routes")
struct RoutingTests {
    private let harness = Harness(server: Sample.server())

    @Test(
        "these lead nowhere",
        arguments: [
            "/v2.1/servers/", "/v2.1/servers/detail/", "/v2.1/servers//", "/v2.1/servers.json",
            "/v2.1/servers/detail.json", "/v2.1/servers/\(Sample.id.text)/action", "/v2.1/nowhere",
            "/v2.1/DEMO/servers",
            "/v2.1/demo/servers", "/v2.1/\(Sample.projectID)", "/v2.1/\(Sample.projectID)/",
            "/v2.1/\(Sample.projectID)/\(Sample.projectID)/servers", "/v2.1/servers/a/b", "/v2/servers/",
            "/v2.1/Servers",
            "/v2.1/servers/\(Sample.id.text)/os-instance-actions/a/b",
        ]
    )
    func unrouted(path: String) async {
        let reply = await harness.get(path)
        #expect(reply.status == 404)
        #expect(reply["content-type"] == "text/plain; charset=UTF-8")
        #expect(await harness.get(path, token: nil).status == 401)
    }

    @Test(
        "these lead somewhere",
        arguments: [
            "/v2.1/servers", "//v2.1//servers", "/v2.1/%73ervers", "/v2/servers", "/v2.1/\(Sample.projectID)/servers",
            "/v2/\(Sample.projectID)/servers/detail", "/v2.1/servers/\(Sample.id.text)", "/v2.1/tasks",
            "/v2.1/flavors/detail",
            "/v2.1/servers/\(Sample.id.text)/os-instance-actions", "/v2.1/servers?", "/v2.1/servers?limit=5&limit=1",
        ]
    )
    func routed(path: String) async {
        #expect(await harness.get(path).status == 200)
        #expect(await harness.get(path, token: nil).status == 401)
    }

    @Test("another method on an action leads nowhere", arguments: [HTTPRequest.Method.get, .put, .delete, .patch])
    func method(method: HTTPRequest.Method) async {
        let reply = await harness.send(method, "/v2.1/servers/\(Sample.id.text)/action")
        #expect(reply.status == 404)
        #expect(reply["content-type"] == "text/plain; charset=UTF-8")
    }

    @Test("HEAD answers as GET does, without the body")
    func head() async {
        for path in ["/", "/v2.1", "/v2.1/servers/detail", "/v2.1/servers/\(Sample.id.text)", "/v2.1/nowhere"] {
            let (get, head) = (await harness.get(path), await harness.send(.head, path))
            #expect(head.status == get.status)
            #expect(head.body.isEmpty)
            #expect(head["content-length"] == "\(get.body.count)")
            #expect(head["content-type"] == get["content-type"])
        }
    }

    @Test("OPTIONS is empty, but for the root, and needs no token")
    func options() async {
        let reply = await harness.send(.options, "/v2.1/servers/\(Sample.id.text)/action", token: nil)
        #expect(reply.status == 200)
        #expect(reply.body.isEmpty)
        #expect(reply["x-openstack-request-id"] == nil)
        #expect(await harness.send(.options, "/", token: nil).text == harness.get("/").text)
    }

    @Test("the root is the same document for every method")
    func root() async {
        #expect(await harness.send(.post, "/", token: nil).text == harness.get("/").text)
    }

    @Test("/v2 has a document of its own, is deprecated and speaks no versions")
    func v2() async throws {
        let reply = await harness.get("/v2", token: nil)
        #expect(try reply.object("version")["status"] as? String == "DEPRECATED")
        let servers = await harness.get("/v2/servers", version: "9.9")
        #expect(servers.status == 200)
        #expect(servers["openstack-api-version"] == nil)
        #expect(servers["vary"] == nil)
    }

    @Test(
        "a route of Nova's that is not here says so",
        arguments: [
            (HTTPRequest.Method.post, "/v2.1/servers"), (.get, "/v2.1/servers/\(Sample.id.text)/tags"),
            (.get, "/v2.1/os-keypairs"), (.get, "/v2.1/\(Sample.projectID)/os-quota-class-sets/default"),
            (.get, "/v2.1/flavors"), (.get, "/v2.1/os-fixed-ips/1.2.3.4"), (.post, "/v2.1/os-volumes_boot"),
            (.get, "/v2.1/servers/\(Sample.id.text)/shares"),
            (.get, "/v2.1/servers/\(Sample.id.text)/os-volume_attachments/7"), (.delete, "/v2/os-services/7"),
        ]
    )
    func absent(method: HTTPRequest.Method, path: String) async throws {
        let reply = await harness.send(method, path)
        #expect(reply.status == 501)
        let message = try reply.object("notImplemented")["message"] as? String
        #expect(message?.hasPrefix("\(method) \(path) is not implemented: ") == true)
    }

    @Test("links have the project when the request's URL has it")
    func links() async throws {
        let reply = await harness.get("/v2.1/\(Sample.projectID)/servers/\(Sample.id.text)")
        let links = try #require(try reply.object("server")["links"] as? [[String: String]])
        let path = "\(Sample.projectID)/servers/\(Sample.id.text)"
        #expect(links.map { $0["href"] } == ["\(Harness.base)/v2.1/\(path)", "\(Harness.base)/\(path)"])
    }
}
