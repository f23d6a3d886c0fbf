/// The keys that the query of a server list may have.
enum ServerQueryKeys {
    /// - Throws: ``APIFault`` `.notImplemented` for a filter of Nova's that we do not have, since a list without it
    ///   would show servers that were not asked for; `.badRequest` for an unknown key, from 2.75 on.
    static func check(_ query: Query, _ version: Microversion) throws(APIFault) {
        let names = Set(query.items.map(\.name)).subtracting(known).filter { !$0.hasPrefix("_") }.sorted()
        if let missing = names.first(where: absent.contains) {
            throw APIFault(.notImplemented, "The filter '\(missing)' of server lists is not implemented.")
        }
        guard version >= Microversion(2, 75), !names.isEmpty else { return }
        let list = names.map { "'\($0)'" }.joined(separator: ", ")
        throw APIFault(.badRequest, "\(list) \(names.count == 1 ? "does" : "do") not match any of the regexes: '^_'")
    }

    private static let known: Set<String> = [
        "all_tenants", "deleted", "limit", "marker", "name", "soft_deleted", "status",
    ]

    private static let absent: Set<String> = [
        "access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "changes-before", "changes-since",
        "config_drive", "created_at", "description", "display_description", "flavor", "host", "hostname", "image",
        "image_ref", "instance_type_id", "ip", "ip6", "kernel_id", "key_name", "launch_index", "launched_at", "locked",
        "locked_by", "node", "not-tags", "not-tags-any", "power_state", "progress", "project_id", "ramdisk_id",
        "reservation_id", "root_device_name", "sort_dir", "sort_key", "tags", "tags-any", "task_state", "tenant_id",
        "terminated_at", "user_id", "uuid", "vm_state",
    ]
}
