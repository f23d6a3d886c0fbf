import Compute

/// By what a list of servers is sorted, in Nova's words.
enum ServerSorting {
    /// - Throws: ``APIFault`` `.badRequest` for a key that there is not.
    static func check(_ query: Query, _ version: Microversion) throws(APIFault) {
        let keys = keys(version)
        guard let value = query.values("sort_key").first(where: { !keys.contains($0) }) else { return }
        let list = keys.map { "'\($0)'" }.joined(separator: ", ")
        throw .query("sort_key", value, "'\(value)' is not one of [\(list)]")
    }

    /// The order, ended by creation and id in the direction of the first key.
    /// - Throws: ``APIFault`` `.forbidden` for keys that are administrators', `.badRequest` for directions.
    static func order(_ request: APIRequest) throws(APIFault) -> [ServerQuery.Order] {
        var names = request.query.values("sort_key")
        var directions = request.query.values("sort_dir")
        if names.isEmpty { names = ["created_at"] }
        if directions.isEmpty { directions = ["desc"] }
        // A key that counts for nothing takes its direction with it.
        for name in names where isIgnored(name, request.version) {
            guard let index = names.firstIndex(of: name) else { continue }
            names.remove(at: index)
            if index < directions.count { directions.remove(at: index) }
        }
        if let name = names.first(where: ["host", "node"].contains), !request.isAdministrator {
            throw APIFault(.forbidden, "Only administrators can sort servers by \(name)")
        }
        guard directions.allSatisfy(["asc", "desc"].contains) else {
            throw invalid("Unknown sort direction, must be 'desc' or 'asc'")
        }
        guard directions.count <= names.count else { throw invalid("Sort direction size exceeds sort key size") }
        return order(names.compactMap(ServerQuery.Column.init(rawValue:)), directions)
    }

    private static func order(_ columns: [ServerQuery.Column], _ directions: [String]) -> [ServerQuery.Order] {
        let first = directions.first ?? "desc"
        let rest = [ServerQuery.Column.createdAt, .id].filter { !columns.contains($0) }
        let all = columns + rest
        let complete = directions + Array(repeating: first, count: all.count - directions.count)
        return zip(all, complete).map { ServerQuery.Order($0, isDescending: $1 == "desc") }
    }

    private static func invalid(_ reason: String) -> APIFault {
        APIFault(.badRequest, "Invalid input received: \(reason)")
    }

    /// Up to 2.74 these are taken and count for nothing; from 2.73 on `locked` counts.
    private static func isIgnored(_ name: String, _ version: Microversion) -> Bool {
        ignored.contains(name) && !(name == "locked" && version >= lockedCounts)
    }

    private static func keys(_ version: Microversion) -> [String] {
        if version < lockedCounts { return counting + ignored }
        let list = ["locked"] + counting
        return version < Microversion(2, 75) ? list + ignored.filter { $0 != "locked" } : list
    }

    private static let lockedCounts = Microversion(2, 73)

    private static let counting = [
        "access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive", "created_at",
        "display_description", "display_name", "host", "hostname", "image_ref", "instance_type_id", "kernel_id",
        "key_name", "launch_index", "launched_at", "locked_by", "node", "power_state", "progress", "project_id",
        "ramdisk_id", "root_device_name", "task_state", "terminated_at", "updated_at", "user_id", "uuid", "vm_state",
    ]

    private static let ignored = [
        "architecture", "cell_name", "cleaned", "default_ephemeral_device", "default_swap_device", "deleted",
        "deleted_at", "disable_terminate", "ephemeral_gb", "ephemeral_key_uuid", "id", "key_data", "launched_on",
        "locked", "memory_mb", "os_type", "reservation_id", "root_gb", "shutdown_terminate", "user_data", "vcpus",
        "vm_mode",
    ]
}
