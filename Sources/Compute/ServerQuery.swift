package import Foundation

/// One page of servers.
package struct ServerQuery: Sendable, Hashable {
    /// Whose servers may be seen.
    package var scope: Scope
    /// Only servers in one of these states.
    package var states: [VMState]
    /// All must hold.
    package var conditions: [Condition]
    /// By what the page is sorted; ties are broken as the list ends, by id.
    package var order: [Order]
    /// The last server of the page before.
    package var marker: UUID?
    /// 0 ... 1000.
    package var limit: Int

    /// Asks for servers; what is not said does not narrow the list.
    package init(
        scope: Scope,
        states: [VMState] = VMState.live,
        conditions: [Condition] = [],
        order: [Order] = Order.newestFirst,
        marker: UUID? = nil,
        limit: Int = 1000
    ) {
        self.scope = scope
        self.states = states
        self.conditions = conditions
        self.order = order
        self.marker = marker
        self.limit = limit
    }

    /// What a list can compare or sort by, under the names of Nova's filters and sort keys.
    /// Source: sql/functions/compute_server_column_v1.sql
    package enum Column: String, Sendable, Hashable, CaseIterable {
        case accessIPv4 = "access_ip_v4"
        case accessIPv6 = "access_ip_v6"
        case autoDiskConfig = "auto_disk_config"
        case availabilityZone = "availability_zone"
        case configDrive = "config_drive"
        case createdAt = "created_at"
        case description
        case displayDescription = "display_description"
        case displayName = "display_name"
        case flavor
        case host
        case hostname
        case id
        case image
        case imageRef = "image_ref"
        case instanceTypeID = "instance_type_id"
        case kernelID = "kernel_id"
        case keyName = "key_name"
        case launchIndex = "launch_index"
        case launchedAt = "launched_at"
        case locked
        case lockedBy = "locked_by"
        case name
        case node
        case powerState = "power_state"
        case progress
        case projectID = "project_id"
        case ramdiskID = "ramdisk_id"
        case reservationID = "reservation_id"
        case rootDeviceName = "root_device_name"
        case taskState = "task_state"
        case tenantID = "tenant_id"
        case terminatedAt = "terminated_at"
        case updatedAt = "updated_at"
        case userID = "user_id"
        case uuid
        case vmState = "vm_state"
    }

    /// What must hold of a column.
    package enum Condition: Sendable, Hashable {
        case equals(Column, String)
        /// The value matches a regular expression (PostgreSQL's); no value matches none.
        case matches(Column, String)
        /// The time is this one or later.
        case since(Column, Date)
        /// The time is this one or earlier.
        case until(Column, Date)

        /// What of a server is compared.
        package var column: Column {
            switch self {
            case .equals(let column, _), .matches(let column, _), .since(let column, _), .until(let column, _): column
            }
        }

        var sign: String {
            switch self {
            case .equals: "="
            case .matches: "~"
            case .since: ">="
            case .until: "<="
            }
        }

        /// Times in seconds since 1970.
        var text: String {
            switch self {
            case .equals(_, let text), .matches(_, let text): text
            case .since(_, let date), .until(_, let date): "\(date.timeIntervalSince1970)"
            }
        }
    }

    /// A column by which a page is sorted.
    package struct Order: Sendable, Hashable {
        /// What servers are sorted by.
        package var column: Column
        /// Whether the greatest comes first.
        package var isDescending: Bool

        /// Sorts by a column.
        package init(_ column: Column, isDescending: Bool) {
            self.column = column
            self.isDescending = isDescending
        }

        /// The order of a list of which nobody said anything.
        package static let newestFirst = [
            Order(.createdAt, isDescending: true), Order(.id, isDescending: true),
        ]
    }
}

/// One page of what was asked of a server.
package struct ActionQuery: Sendable, Hashable {
    /// Only what was updated then or later.
    package var since: Date?
    /// Only what was updated then or earlier.
    package var until: Date?
    /// The request id of the last action of the page before.
    package var marker: String?
    /// 0 ... 1000.
    package var limit: Int

    /// Asks for a page of actions: changed within the bounds, after the marker, at most `limit` (1 ... 1000).
    package init(since: Date? = nil, until: Date? = nil, marker: String? = nil, limit: Int = 1000) {
        self.since = since
        self.until = until
        self.marker = marker
        self.limit = limit
    }
}
