import Compute
import Foundation
import Testing

@testable import ComputeAPI

@Suite("The body of a server at every version")
struct BodyVersionTests {
    private static let always: Set<String> = [
        "accessIPv4", "accessIPv6", "addresses", "created", "flavor", "hostId", "id", "image", "links", "metadata",
        "name",
        "status", "tenant_id", "user_id", "updated", "OS-DCF:diskConfig", "OS-EXT-AZ:availability_zone", "config_drive",
        "key_name", "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at", "OS-EXT-STS:task_state",
        "OS-EXT-STS:vm_state",
        "OS-EXT-STS:power_state", "os-extended-volumes:volumes_attached",
    ]

    private static let everybody: [(Int, Set<String>)] = [
        (9, ["locked"]), (19, ["description"]), (26, ["tags"]), (63, ["trusted_image_certificates"]),
        (71, ["server_groups"]), (73, ["locked_reason"]), (90, ["OS-EXT-SRV-ATTR:hostname"]),
        (96, ["pinned_availability_zone"]),
    ]

    private static let administrators: [(Int, Set<String>)] = [
        (1, ["OS-EXT-SRV-ATTR:host", "OS-EXT-SRV-ATTR:instance_name", "OS-EXT-SRV-ATTR:hypervisor_hostname"]),
        (
            3,
            [
                "OS-EXT-SRV-ATTR:hostname", "OS-EXT-SRV-ATTR:kernel_id", "OS-EXT-SRV-ATTR:launch_index",
                "OS-EXT-SRV-ATTR:ramdisk_id", "OS-EXT-SRV-ATTR:reservation_id", "OS-EXT-SRV-ATTR:root_device_name",
                "OS-EXT-SRV-ATTR:user_data",
            ]
        ),
        (16, ["host_status"]),
    ]

    private static func keys(_ minor: Int, isAdministrator: Bool) -> Set<String> {
        let sets = everybody + (isAdministrator ? administrators : [])
        return sets.filter { $0.0 <= minor }.reduce(always) { $0.union($1.1) }
    }

    @Test("has just the keys of the version, for members and for administrators, shown and listed")
    func keys() async throws {
        let harness = Harness(server: Sample.server())
        for minor in 1...96 {
            for token in [Harness.member, Harness.administrator] {
                let expected = Self.keys(minor, isAdministrator: token == Harness.administrator)
                let shown = try await harness.get(
                    "/v2.1/servers/\(Sample.id.text)",
                    token: token,
                    version: "2.\(minor)"
                )
                .object("server")
                #expect(Set(shown.keys.filter { !$0.hasPrefix("reprieve:") }) == expected, "2.\(minor)")
                let path = "/v2.1/servers/detail?status=SOFT_DELETED"
                let listed = try await harness.get(path, token: token, version: "2.\(minor)").list("servers")
                #expect(
                    listed.first.map { Set($0.keys) } == Set(shown.keys).subtracting(["server_groups"]),
                    "2.\(minor)"
                )
                let flavor = try #require(shown["flavor"] as? [String: Any])
                let size: Set = ["vcpus", "ram", "disk", "ephemeral", "swap", "original_name", "extra_specs"]
                #expect(Set(flavor.keys) == (minor < 47 ? ["id", "links"] : size), "2.\(minor)")
            }
        }
    }

    @Test("a destroyed server as Nova lists it")
    func destroyed() async throws {
        var server = Sample.server(.deleted)
        server.name = "hd"
        server.powerState = 0
        server.terminatedAt = Sample.date
        let reply = await Harness(server: server).get("/v2.1/servers/detail?changes-since=2026-01-01", version: "2.1")
        let body = try #require(try reply.list("servers").first)
        #expect(Set(body.keys) == Self.always)
        #expect(body["status"] as? String == "DELETED" && body["OS-EXT-STS:vm_state"] as? String == "deleted")
        #expect(body["OS-EXT-STS:power_state"] as? Int == 0)
        #expect(body["OS-SRV-USG:terminated_at"] as? String == "2026-11-23T10:00:00.123456")
        #expect(await Harness(server: server).get("/v2.1/servers/\(Sample.id.text)").status == 404)
    }

    // MARK: Faults

    private func fault(_ state: VMState, token: String) async throws -> [String: Any]? {
        var memory = MemoryServers.State()
        memory.servers = [Sample.server(state)]
        memory.faults = [
            Sample.id: ServerFault(failedAt: Sample.date, reason: "The host had no memory.", cause: Sample.cause)
        ]
        let reply = await Harness(memory).get(
            "/v2.1/servers/detail?changes-since=2026-01-01",
            token: token,
            version: "2.1"
        )
        return try reply.list("servers").first?["fault"] as? [String: Any]
    }

    @Test("tells the last failure of a server in error or destroyed, and its cause to administrators")
    func faults() async throws {
        for state in [VMState.error, .deleted] {
            let member = try #require(try await fault(state, token: Harness.member))
            #expect(Set(member.keys) == ["code", "created", "message"])
            #expect(member["code"] as? Int == 500 && member["created"] as? String == "2026-11-23T10:00:00Z")
            #expect(member["message"] as? String == "The host had no memory.")
            let administrator = try #require(try await fault(state, token: Harness.administrator))
            #expect(administrator["details"] as? String == Sample.cause)
        }
        for state in [VMState.active, .stopped, .softDelete] {
            #expect(try await fault(state, token: Harness.administrator) == nil)
        }
    }

    // MARK: Hosts

    private static let service = ComputeService(id: Sample.taskID, number: 1, host: Sample.host, isAlive: true)

    private static func service(_ change: (inout ComputeService) -> Void) -> ComputeService {
        var service = service
        change(&service)
        return service
    }

    @Test(
        "says how the host is",
        arguments: [
            (service, "UP"), (service { $0.isAlive = false }, "UNKNOWN"),
            (service { $0.disabledAt = Sample.date }, "MAINTENANCE"),
            (
                service {
                    $0.disabledAt = Sample.date
                    $0.isForcedDown = true
                }, "DOWN"
            ),
            (service { $0.host = "other" }, ""),
        ]
    )
    func hostStatus(service: ComputeService, expected: String) async throws {
        var state = MemoryServers.State()
        state.servers = [Sample.server(.active)]
        state.services = [service]
        let harness = Harness(state)
        let token = Harness.administrator
        let shown = await harness.get("/v2.1/servers/\(Sample.id.text)", token: token, version: "2.16")
        #expect(try shown.object("server")["host_status"] as? String == expected)
        let listed = await harness.get("/v2.1/servers/detail", token: token, version: "2.96")
        #expect(try listed.list("servers")[0]["host_status"] as? String == expected)
    }

    @Test("asks for hosts once a list, and only for those who are shown them")
    func hostReads() async {
        var second = Sample.server(.active)
        second.id = Sample.unknownID
        var state = MemoryServers.State()
        state.servers = [Sample.server(.active), second]
        for (token, version, reads) in [
            (Harness.administrator, "2.16", 2), (Harness.administrator, "2.15", 1), (Harness.member, "2.96", 1),
        ] {
            let harness = Harness(state)
            #expect(await harness.get("/v2.1/servers/detail", token: token, version: version).status == 200)
            #expect(harness.servers.state.reads == reads)
        }
    }
}
