import Compute
import Foundation
import Testing

@testable import ComputeAPI

@Suite("The body of a server")
struct ServerBodyTests {
    private func body(
        _ server: Server = Sample.server(),
        token: String = Harness.member,
        version: String = "2.1"
    ) async throws -> [String: Any] {
        try await Harness(server: server).get("/v2.1/servers/\(server.id.text)", token: token, version: version)
            .object("server")
    }

    @Test(
        "a key comes with its version",
        arguments: [
            ("locked", 9), ("description", 19), ("tags", 26), ("trusted_image_certificates", 63), ("server_groups", 71),
            ("locked_reason", 73), ("OS-EXT-SRV-ATTR:hostname", 90), ("pinned_availability_zone", 96),
        ]
    )
    func everybodysKeys(name: String, minor: Int) async throws {
        #expect(try await body(version: "2.\(minor)").keys.contains(name))
        #expect(try await !body(version: "2.\(minor - 1)").keys.contains(name))
    }

    @Test(
        "administrators see where it lives",
        arguments: [
            ("OS-EXT-SRV-ATTR:host", 1), ("OS-EXT-SRV-ATTR:instance_name", 1),
            ("OS-EXT-SRV-ATTR:hypervisor_hostname", 1),
            ("OS-EXT-SRV-ATTR:kernel_id", 3), ("OS-EXT-SRV-ATTR:launch_index", 3), ("OS-EXT-SRV-ATTR:ramdisk_id", 3),
            ("OS-EXT-SRV-ATTR:reservation_id", 3), ("OS-EXT-SRV-ATTR:root_device_name", 3),
            ("OS-EXT-SRV-ATTR:user_data", 3), ("host_status", 16),
        ]
    )
    func administratorsKeys(name: String, minor: Int) async throws {
        let administrator = Harness.administrator
        #expect(try await body(token: administrator, version: "2.\(minor)").keys.contains(name))
        #expect(try await !body(version: "2.96").keys.contains(name))
        guard minor > 1 else { return }
        #expect(try await !body(token: administrator, version: "2.\(minor - 1)").keys.contains(name))
    }

    @Test("the host name is the administrators' from 2.3 and everybody's from 2.90, once")
    func hostname() async throws {
        let name = "OS-EXT-SRV-ATTR:hostname"
        #expect(try await body(token: Harness.administrator, version: "2.3")[name] as? String == "srv")
        #expect(try await body(token: Harness.administrator, version: "2.96")[name] as? String == "srv")
        let text = await Harness(server: Sample.server())
            .get("/v2.1/servers/\(Sample.id.text)", token: Harness.administrator, version: "2.96").text
        #expect(text.ranges(of: name).count == 1)
    }

    @Test(
        "the host name is made of the name",
        arguments: [
            ("My_Web.Server 1", "my-web-server-1"), ("-a-", "a"), ("Zürich!", "zrich"),
            ("東京", "server-\(Sample.id.text)"),
            (String(repeating: "x", count: 80), String(repeating: "x", count: 63)),
        ]
    )
    func hostnames(name: String, expected: String) async throws {
        var server = Sample.server()
        server.name = name
        #expect(try await body(server, version: "2.90")["OS-EXT-SRV-ATTR:hostname"] as? String == expected)
    }

    @Test("only a server in the bin says since when, until when and through whom")
    func bin() async throws {
        let binned = try await body()
        #expect(binned["reprieve:deleted_at"] as? String == "2026-11-23T10:00:00.123456")
        #expect(binned["reprieve:purge_at"] as? String == "2026-11-30T10:00:00.123456")
        #expect(binned["reprieve:deleted_by"] as? String == Sample.userID)
        #expect(binned["progress"] == nil)
        let live = try await body(Sample.server(.active))
        #expect(!live.keys.contains { $0.hasPrefix("reprieve:") })
        #expect(live["progress"] as? Int == 0)
    }

    @Test("no image is the empty text")
    func noImage() async throws {
        var server = Sample.server()
        server.imageID = nil
        #expect(try await body(server)["image"] as? String == "")
    }

    @Test("hosts look alike to one project and different to another")
    func hostID() throws {
        let id = HostID.make(host: "compute-07", projectID: "a")
        #expect(id.wholeMatch(of: /[0-9a-f]{56}/) != nil)
        #expect(HostID.make(host: "compute-07", projectID: "a") == id)
        #expect(HostID.make(host: "compute-07", projectID: "b") != id)
        #expect(HostID.make(host: "compute-08", projectID: "a") != id)
    }
}
