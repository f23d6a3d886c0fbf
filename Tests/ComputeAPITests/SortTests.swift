import Compute
import Testing

@testable import ComputeAPI

@Suite("Sorting of server lists")
struct SortTests {
    private func order(
        _ text: String,
        token: String = Harness.administrator,
        version: String = "2.1"
    ) async throws -> String {
        let harness = Harness()
        let reply = await harness.get("/v2.1/servers?\(text)", token: token, version: version)
        #expect(reply.status == 200, "\(reply.text)")
        return try #require(harness.servers.state.queries.first).order
            .map { ($0.isDescending ? "-" : "+") + $0.column.rawValue }.joined(separator: " ")
    }

    @Test(
        "keys and directions go together, and the first direction is that of the rest",
        arguments: [
            ("", "-created_at -id"), ("sort_dir=asc", "+created_at +id"),
            ("sort_key=display_name", "-display_name -created_at -id"),
            ("sort_key=display_name&sort_dir=asc", "+display_name +created_at +id"),
            (
                "sort_key=vm_state&sort_key=uuid&sort_dir=desc&sort_dir=asc", "-vm_state +uuid -created_at -id"
            ),
            ("sort_key=vm_state&sort_key=host&sort_dir=asc", "+vm_state +host +created_at +id"),
            ("sort_key=created_at&sort_dir=asc", "+created_at +id"),
            // Keys that count for nothing, with their directions.
            ("sort_key=vcpus&sort_key=uuid&sort_dir=asc&sort_dir=desc", "-uuid -created_at -id"),
            ("sort_key=locked&sort_key=uuid&sort_dir=asc", "-uuid -created_at -id"),
            ("sort_key=id&sort_dir=asc", "-created_at -id"),
        ]
    )
    func order(text: String, expected: String) async throws {
        #expect(try await order(text) == expected)
    }

    @Test("locked counts from 2.73 on")
    func locked() async throws {
        #expect(try await order("sort_key=locked&sort_dir=asc", version: "2.72") == "-created_at -id")
        #expect(try await order("sort_key=locked&sort_dir=asc", version: "2.73") == "+locked +created_at +id")
        #expect(try await order("sort_key=locked", version: "2.75") == "-locked -created_at -id")
    }

    @Test("every key of Nova's that counts is a column here", arguments: ["2.1", "2.74", "2.75"])
    func columns(version: String) async throws {
        let keys = [
            "access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive", "created_at",
            "display_description", "display_name", "host", "hostname", "image_ref", "instance_type_id", "kernel_id",
            "key_name", "launch_index", "launched_at", "locked_by", "node", "power_state", "progress", "project_id",
            "ramdisk_id", "root_device_name", "task_state", "terminated_at", "updated_at", "user_id", "uuid",
            "vm_state",
        ]
        for key in keys {
            #expect(try await order("sort_key=\(key)", version: version).hasPrefix("-\(key) "))
        }
    }

    @Test("a key that there is not is refused, with those that there are")
    func badKey() async throws {
        let reply = await Harness().get("/v2.1/servers?sort_key=uuid&sort_key=nonsense")
        #expect(reply.status == 400)
        let message = try #require(try reply.object("badRequest")["message"] as? String)
        let start = "Invalid input for query parameters sort_key. Value: nonsense. 'nonsense' is not one of "
        #expect(message.hasPrefix(start + "['access_ip_v4', 'access_ip_v6', 'auto_disk_config', 'availability_zone', "))
        #expect(message.hasSuffix("'shutdown_terminate', 'user_data', 'vcpus', 'vm_mode']"))
        #expect(await Harness().get("/v2.1/servers?sort_key=vcpus", version: "2.74").status == 200)
        #expect(await Harness().get("/v2.1/servers?sort_key=vcpus", version: "2.75").status == 400)
    }

    @Test("host and node are administrators' keys", arguments: ["host", "node"])
    func administrators(key: String) async throws {
        try await Harness().get("/v2.1/servers?sort_key=\(key)")
            .expectFault(403, "forbidden", "Only administrators can sort servers by \(key)")
    }

    @Test("a direction that is none, and one too many, are refused")
    func badDirections() async throws {
        try await Harness().get("/v2.1/servers?sort_dir=up").expectFault(
            400,
            "badRequest",
            "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'"
        )
        try await Harness().get("/v2.1/servers?sort_dir=asc&sort_dir=desc").expectFault(
            400,
            "badRequest",
            "Invalid input received: Sort direction size exceeds sort key size"
        )
    }
}
