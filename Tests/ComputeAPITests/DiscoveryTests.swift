import Foundation
import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("Discovery")
struct DiscoveryTests {
    private let harness = Harness(server: Sample.server())

    private static let versionHeaders = ["openstack-api-version", "x-openstack-nova-api-version", "vary"]

    @Test("both forms of a version's root are its document, and need no token")
    func roots() async throws {
        for (path, id) in [
            ("/v2.1", "v2.1"), ("/v2.1/", "v2.1"), ("//v2.1//", "v2.1"), ("/v2", "v2.0"), ("/v2/", "v2.0"),
        ] {
            let document = try await harness.get(path, token: nil).object("version")
            #expect(document["id"] as? String == id, "\(path)")
            let links = try #require(document["links"] as? [[String: String]])
            #expect(links[0]["href"] == "\(Harness.base)/\(id == "v2.1" ? "v2.1" : "v2")/")
        }
    }

    @Test("the documents say the lowest and the highest version there is")
    func bounds() async throws {
        let current = try await harness.get("/", token: nil).list("versions")[1]
        #expect(current["version"] as? String == "2.96" && current["min_version"] as? String == "2.1")
        #expect(current["status"] as? String == "CURRENT")
        let old = try await harness.get("/v2/", token: nil).object("version")
        #expect(old["version"] as? String == "" && old["min_version"] as? String == "")
    }

    @Test("a version that is malformed or out of range is refused by /v2.1 and nobody else")
    func versions() async {
        for (version, status) in [("nonsense", 400), ("2.97", 406), ("2.96", 200)] {
            #expect(await harness.get("/v2.1", token: nil, version: version).status == status)
            for path in ["/", "/v2", "/v2/"] {
                let reply = await harness.get(path, token: nil, version: version)
                #expect(reply.status == 200)
                for name in Self.versionHeaders { #expect(reply[name] == nil, "\(path) \(name)") }
            }
        }
    }

    @Test("a version's root takes no other method, and says nothing to who has no token")
    func otherMethods() async {
        for path in ["/v2.1", "/v2.1/", "/v2"] {
            #expect(await harness.send(.post, path).status == 404)
            #expect(await harness.send(.post, path, token: nil).status == 401)
            #expect(await harness.send(.options, path, token: nil).status == 200)
        }
    }

    @Test(
        "another first part leads to the choices, whatever the method and the token",
        arguments: [HTTPRequest.Method.get, .post, .put, .delete, .head]
    )
    func choices(method: HTTPRequest.Method) async throws {
        for token in [nil, Harness.member, "nonsense"] {
            let reply = await harness.send(method, "/v3//\(Sample.projectID)/servers/", token: token, version: "9.9")
            #expect(reply.status == 300)
            #expect(reply["content-type"] == "application/json")
            for name in Self.versionHeaders + ["x-openstack-request-id", "x-compute-request-id"] {
                #expect(reply[name] == nil, "\(name)")
            }
            guard method != .head else { continue }
            let choices = try reply.list("choices")
            let links = choices.compactMap { ($0["links"] as? [[String: String]])?.first?["href"] }
            let path = "v3/\(Sample.projectID)/servers"
            #expect(links == ["\(Harness.base)/v2/\(path)", "\(Harness.base)/v2.1/\(path)"])
        }
    }

    @Test("HEAD has the headers of GET and no body, of documents and choices too")
    func head() async {
        for path in ["/", "/v2", "/v2.1/", "/nowhere"] {
            let (get, head) = (await harness.get(path, token: nil), await harness.send(.head, path, token: nil))
            #expect(head.status == get.status && head.body.isEmpty && !get.body.isEmpty)
            for name in ["content-type", "content-length"] + Self.versionHeaders { #expect(head[name] == get[name]) }
        }
    }

    @Test("the old version serves the same routes at 2.1, whatever version is asked for")
    func v2() async throws {
        for version in ["2.96", "nonsense", "9.9"] {
            for form in ["/v2", "/v2/\(Sample.projectID)"] {
                let reply = await harness.get("\(form)/servers/\(Sample.id.text)", version: version)
                let server = try reply.object("server")
                #expect(server["locked"] == nil && server["OS-EXT-STS:vm_state"] as? String == "soft-delete")
                for name in Self.versionHeaders { #expect(reply[name] == nil) }
                #expect(reply["x-openstack-request-id"] != nil)
            }
        }
    }

    // MARK: Proxies

    private func links(_ headers: HTTPFields, _ configure: (inout APISettings) -> Void) async throws -> String? {
        let reply = await Harness(.init(), configure: configure).send(.get, "/", token: nil, headers: headers)
        return (try reply.list("versions")[1]["links"] as? [[String: String]])?.first?["href"]
    }

    @Test("what a proxy says counts only when it is trusted")
    func forwarded() async throws {
        let headers: HTTPFields = [.forwardedHost: "cloud.example, inner", .forwardedScheme: "https, http"]
        #expect(try await links(headers) { _ in } == "\(Harness.base)/v2.1/")
        #expect(try await links(headers) { $0.trustsForwarded = true } == "https://cloud.example/v2.1/")
        #expect(try await links([:]) { $0.trustsForwarded = true } == "\(Harness.base)/v2.1/")
        let url = "https://public.example"
        #expect(
            try await links(headers) { settings in
                settings.trustsForwarded = true
                settings.publicURL = url
            } == "\(url)/v2.1/"
        )
    }
}
