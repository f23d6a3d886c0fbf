import HTTPTypes
import Testing

@testable import ComputeAPI

@Suite("Microversions")
struct MicroversionTests {
    private let harness = Harness(server: Sample.server())

    private func get(_ headers: HTTPFields, _ path: String = "/v2.1/servers") async -> Reply {
        await harness.send(.get, path, headers: headers)
    }

    @Test(
        "the standard header, its list and its spaces",
        arguments: [
            ("compute 2.53", "2.53"), ("COMPUTE 2.9", "2.9"), ("  compute   2.9  ", "2.9"), ("compute latest", "2.96"),
            ("identity 3.0, compute 2.47", "2.47"), ("compute 2.47,volume 3.1", "2.47"), ("compute", "2.1"),
            ("", "2.1"),
            ("volume 3.1", "2.1"), ("compute 2.1", "2.1"), ("compute 2.96", "2.96"),
        ]
    )
    func standard(header: String, version: String) async {
        let reply = await get([.openStackAPIVersion: header])
        #expect(reply.status == 200)
        #expect(reply["openstack-api-version"] == "compute \(version)")
        #expect(reply["x-openstack-nova-api-version"] == version)
        #expect(reply["vary"] == "OpenStack-API-Version, X-OpenStack-Nova-API-Version")
    }

    @Test("the old header counts where the standard one says nothing of compute")
    func old() async {
        #expect(await get([.novaAPIVersion: "2.53"])["x-openstack-nova-api-version"] == "2.53")
        #expect(await get([.novaAPIVersion: "latest"])["x-openstack-nova-api-version"] == "2.96")
        let both: HTTPFields = [.novaAPIVersion: "2.53", .openStackAPIVersion: "compute 2.60"]
        #expect(await get(both)["x-openstack-nova-api-version"] == "2.60")
        let other: HTTPFields = [.novaAPIVersion: "2.53", .openStackAPIVersion: "volume 3.0"]
        #expect(await get(other)["x-openstack-nova-api-version"] == "2.53")
    }

    @Test(
        "a malformed one is refused without version headers",
        arguments: ["2", "2.01", "2.1.1", "LATEST", "02.1", ".1", "2.", "2.x", "2,1", "-2.1", "two"]
    )
    func malformed(text: String) async throws {
        let reply = await get([.novaAPIVersion: text])
        try reply.expectFault(
            400,
            "badRequest",
            "API Version String \(text) is of invalid format. Must be of format MajorNum.MinorNum."
        )
        #expect(reply["openstack-api-version"] == nil)
        #expect(reply["vary"] == nil)
    }

    @Test(
        "one out of range is refused, and echoed",
        arguments: ["2.97", "2.0", "1.9", "3.1", "2.99999999999999999999999999", "2.104"]
    )
    func outOfRange(text: String) async throws {
        let reply = await get([.openStackAPIVersion: "compute \(text)"])
        try reply.expectFault(
            406,
            "computeFault",
            "Version \(text) is not supported by the API. Minimum is 2.1 and maximum is 2.96."
        )
        #expect(reply["openstack-api-version"] == "compute \(text)")
        #expect(reply["x-openstack-nova-api-version"] == text)
        #expect(reply["vary"] == "OpenStack-API-Version, X-OpenStack-Nova-API-Version")
    }

    @Test("faults carry the version too")
    func fault() async {
        let reply = await get([.novaAPIVersion: "2.53"], "/v2.1/servers/nothing")
        #expect(reply.status == 404)
        #expect(reply["openstack-api-version"] == "compute 2.53")
    }

    @Test("the document of /v2.1 negotiates, the root does not")
    func documents() async {
        #expect(await get([.novaAPIVersion: "9.9"], "/v2.1").status == 406)
        #expect(await get([.novaAPIVersion: "2.53"], "/v2.1/")["x-openstack-nova-api-version"] == "2.53")
        #expect(await get([.novaAPIVersion: "9.9"], "/").status == 200)
    }
}
