import Compute

/// The keys of a server in Nova's order. The dates say when Nova added or dropped what.
extension ServerField {
    static let all = basics + states + extensions + ours

    private static let basics = [
        ServerField("accessIPv4") { _, _ in "" },
        ServerField("accessIPv6") { _, _ in "" },
        ServerField("addresses") { _, _ in [:] },
        ServerField("created") { server, _ in WireTime.seconds(server.createdAt) },
        ServerField("flavor", until: v(47)) { ServerParts.flavorLink($0.flavor, $1.links) },
        ServerField("flavor", from: v(47)) { server, _ in ServerParts.flavor(server.flavor) },
        ServerField("hostId") { server, _ in .string(HostID.make(host: server.host, projectID: server.projectID)) },
        ServerField("id") { server, _ in .string(server.id.text) },
        ServerField("image") { ServerParts.image($0, $1.links) },
        ServerField("links") { ServerParts.links($0, $1.links) },
        ServerField("metadata") { server, _ in JSON(server.metadata) },
        ServerField("name") { server, _ in .string(server.name) },
        ServerField("status") { server, _ in .string(server.vmState.status) },
        ServerField("tenant_id") { server, _ in .string(server.projectID) },
        ServerField("user_id") { server, _ in .string(server.userID) },
        ServerField("updated") { server, _ in WireTime.seconds(server.updatedAt) },
        ServerField("OS-DCF:diskConfig") { _, _ in "MANUAL" },
        ServerField("fault") { _, view in view.faultBody },
        // Of the states in which Nova shows a progress a server here can only have this one.
        ServerField("progress") { server, _ in server.vmState == .active ? 0 : nil },
        ServerField("OS-EXT-AZ:availability_zone") { server, _ in .string(server.availabilityZone) },
        ServerField("config_drive") { _, _ in "" },
        ServerField("key_name") { server, _ in JSON(server.keyName) },
        ServerField("OS-SRV-USG:launched_at") { server, _ in WireTime.microseconds(server.launchedAt) },
        ServerField("OS-SRV-USG:terminated_at") { server, _ in WireTime.microseconds(server.terminatedAt) },
    ]

    private static let states = [
        ServerField("OS-EXT-SRV-ATTR:host", for: .administrators) { server, _ in .string(server.host) },
        // The name on the hypervisor is the host's business and is not kept.
        ServerField("OS-EXT-SRV-ATTR:instance_name", for: .administrators) { _, _ in .null },
        ServerField("OS-EXT-SRV-ATTR:hypervisor_hostname", for: .administrators) { server, _ in .string(server.host) },
        ServerField("OS-EXT-SRV-ATTR:hostname", from: v(3), until: v(90), for: .administrators) { server, _ in
            ServerParts.hostname(server)
        },
        ServerField("OS-EXT-SRV-ATTR:kernel_id", from: v(3), for: .administrators) { _, _ in "" },
        ServerField("OS-EXT-SRV-ATTR:launch_index", from: v(3), for: .administrators) { _, _ in 0 },
        ServerField("OS-EXT-SRV-ATTR:ramdisk_id", from: v(3), for: .administrators) { _, _ in "" },
        ServerField("OS-EXT-SRV-ATTR:reservation_id", from: v(3), for: .administrators) { _, _ in .null },
        ServerField("OS-EXT-SRV-ATTR:root_device_name", from: v(3), for: .administrators) { _, _ in .null },
        ServerField("OS-EXT-SRV-ATTR:user_data", from: v(3), for: .administrators) { _, _ in .null },
        ServerField("OS-EXT-STS:task_state") { server, _ in JSON(server.taskState?.rawValue) },
        ServerField("OS-EXT-STS:vm_state") { server, _ in .string(server.vmState.rawValue) },
        ServerField("OS-EXT-STS:power_state") { server, _ in .integer(server.powerState) },
        ServerField("os-extended-volumes:volumes_attached") { _, _ in [] },
    ]

    private static let extensions = [
        ServerField("locked", from: v(9)) { server, _ in .bool(server.lock != nil) },
        // A rule of its own says who sees it.
        ServerField("host_status", from: v(16)) { _, view in view.hostStatus.map(JSON.string) },
        ServerField("description", from: v(19)) { server, _ in JSON(server.description) },
        ServerField("tags", from: v(26)) { _, _ in [] },
        ServerField("trusted_image_certificates", from: v(63)) { _, _ in .null },
        ServerField("server_groups", from: v(71), isListed: false) { _, _ in [] },
        ServerField("locked_reason", from: v(73)) { server, _ in JSON(server.lock?.reason) },
        ServerField("OS-EXT-SRV-ATTR:hostname", from: v(90)) { server, _ in ServerParts.hostname(server) },
        ServerField("pinned_availability_zone", from: v(96)) { _, _ in .null },
    ]

    /// What Nova does not tell: since when a server is in the bin, until when, and who put it there.
    private static let ours = [
        inBin("reprieve:deleted_at") { WireTime.microseconds($0.deletedAt) },
        inBin("reprieve:purge_at") { WireTime.microseconds($0.purgeAt) },
        inBin("reprieve:deleted_by") { JSON($0.deletedBy) },
    ]

    private static func inBin(_ name: String, _ value: @escaping @Sendable (Server) -> JSON) -> ServerField {
        ServerField(name) { server, _ in server.vmState == .softDelete ? value(server) : nil }
    }

    private static func v(_ minor: Int) -> Microversion { Microversion(2, minor) }
}
