import Compute

/// What stands in a quota set and in the limits, in Nova's order, by version.
enum QuotaFields {
    /// One resource of a quota set.
    struct Field: Sendable {
        let name: String
        /// The version that took it away.
        let until: Microversion?
        let number: @Sendable (Resources) -> Int

        /// What Reprieve keeps a quota of.
        var isOurs: Bool { ["instances", "cores", "ram"].contains(name) }
    }

    /// The fields of a version.
    static func fields(at version: Microversion) -> [Field] {
        all.filter { $0.until.map { version < $0 } ?? true }
    }

    private static let networks = Microversion(2, 36)
    private static let injection = Microversion(2, 57)

    /// What Reprieve keeps no quota of is what Nova says by default.
    private static let all = [
        Field(name: "cores", until: nil) { $0.cores },
        constant("fixed_ips", -1, until: networks),
        constant("floating_ips", -1, until: networks),
        constant("injected_file_content_bytes", 10240, until: injection),
        constant("injected_file_path_bytes", 255, until: injection),
        constant("injected_files", 5, until: injection),
        Field(name: "instances", until: nil) { $0.instances },
        constant("key_pairs", 100),
        constant("metadata_items", 128),
        Field(name: "ram", until: nil) { $0.ram },
        constant("security_group_rules", -1, until: networks),
        constant("security_groups", -1, until: networks),
        constant("server_group_members", 10),
        constant("server_groups", 10),
    ]

    private static func constant(_ name: String, _ number: Int, until: Microversion? = nil) -> Field {
        Field(name: name, until: until) { _ in number }
    }

    /// The absolute limits.
    static func limits(_ quota: Quota, at version: Microversion) -> JSON {
        let (limits, used) = (quota.limits, quota.used)
        let members: [(String, Int, Microversion?)] = [
            ("maxTotalCores", limits.cores, nil),
            ("maxTotalInstances", limits.instances, nil),
            ("maxTotalKeypairs", 100, nil),
            ("maxServerMeta", 128, nil),
            ("maxTotalRAMSize", limits.ram, nil),
            ("maxServerGroups", 10, nil),
            ("maxServerGroupMembers", 10, nil),
            ("maxImageMeta", 128, Microversion(2, 39)),
            ("maxPersonality", 5, injection),
            ("maxPersonalitySize", 10240, injection),
            ("maxSecurityGroups", -1, networks),
            ("maxSecurityGroupRules", -1, networks),
            ("maxTotalFloatingIps", -1, networks),
            ("totalRAMUsed", used.ram, nil),
            ("totalCoresUsed", used.cores, nil),
            ("totalInstancesUsed", used.instances, nil),
            ("totalFloatingIpsUsed", 0, networks),
            ("totalSecurityGroupsUsed", 0, networks),
            ("totalServerGroupsUsed", 0, nil),
        ]
        return .object(
            members.filter { $0.2.map { version < $0 } ?? true }.map { JSONMember(name: $0.0, value: .integer($0.1)) }
        )
    }
}
