import Foundation
import Postgres

/// What a project may have, or has, of servers that are not in its bin.
package struct Resources: Sendable, Hashable {
    /// How many servers.
    package var instances: Int
    /// Virtual CPUs.
    package var cores: Int
    /// MiB.
    package var ram: Int

    /// - Parameter ram: in MiB.
    package init(instances: Int, cores: Int, ram: Int) {
        self.instances = instances
        self.cores = cores
        self.ram = ram
    }
}

/// What a project may have and has.
package struct Quota: Sendable, Hashable {
    /// -1 is no limit.
    package var limits: Resources
    /// What its servers outside the bin have.
    package var used: Resources

    /// - Parameter limits: -1 for none.
    package init(limits: Resources, used: Resources) {
        self.limits = limits
        self.used = used
    }

    /// Whether the project has more of something than it may have.
    package var isExceeded: Bool {
        [\Resources.instances, \.cores, \.ram].contains {
            limits[keyPath: $0] >= 0 && used[keyPath: $0] > limits[keyPath: $0]
        }
    }
}

/// A change of limits; what is nil stays. -1 is no limit.
package struct QuotaChange: Sendable, Hashable {
    /// How many servers.
    package var instances: Int?
    /// Virtual CPUs.
    package var cores: Int?
    /// MiB.
    package var ram: Int?
    /// Also below what is used.
    package var isForced: Bool

    /// - Parameter ram: in MiB.
    package init(instances: Int? = nil, cores: Int? = nil, ram: Int? = nil, isForced: Bool = false) {
        self.instances = instances
        self.cores = cores
        self.ram = ram
        self.isForced = isForced
    }
}

/// A limit that a change would set below what is used.
package struct QuotaConflict: Sendable, Hashable {
    /// `instances`, `cores`, `ram`.
    package var resource: String
    /// What the project has of it.
    package var used: Int
    /// What the project may have of it.
    package var limit: Int

    /// - Parameter resource: `instances`, `cores` or `ram`, as the others count it.
    package init(resource: String, used: Int, limit: Int) {
        self.resource = resource
        self.used = used
        self.limit = limit
    }
}

/// A resource of which a restore needs more than the project may have.
package struct QuotaShortage: Sendable, Hashable {
    /// `instances`, `cores`, `ram`.
    package var resource: String
    /// How much more the restore needs.
    package var requested: Int
    /// What the project has of it.
    package var used: Int
    /// What the project may have of it.
    package var limit: Int

    /// - Parameter resource: `instances`, `cores` or `ram`, as the others count it.
    package init(resource: String, requested: Int, used: Int, limit: Int) {
        self.resource = resource
        self.requested = requested
        self.used = used
        self.limit = limit
    }
}

/// Quotas. Each call throws ``ComputeError``.
extension ServerStore {
    /// What a project may have and has.
    /// - Parameter project: nil is any of which nobody said anything.
    package func quota(of project: String?) async throws -> Quota {
        try await only(of: Self.showQuotaStatement, [.text(project)]) { row in
            func number(_ column: String) throws -> Int { Int(try row.decode(Int32.self, column)) }
            return Quota(
                limits: Resources(
                    instances: try number("max_instances"),
                    cores: try number("max_cores"),
                    ram: try number("max_ram")
                ),
                used: Resources(
                    instances: try number("instances"),
                    cores: try number("cores"),
                    ram: try number("ram")
                )
            )
        }
    }

    /// Changes what a project may have.
    /// - Parameter project: nil is every one of which nobody said anything.
    /// - Returns: why nothing was changed; empty when it was.
    package func setQuota(_ change: QuotaChange, of project: String?) async throws -> [QuotaConflict] {
        try await read(
            Self.setQuotaStatement,
            [.text(project)]
                + [change.instances, change.cores, change.ram].map { .integer($0.map(Int32.init(clamping:))) }
                + [.boolean(change.isForced)]
        ) { row in
            QuotaConflict(
                resource: try row.decode(String.self, "resource"),
                used: Int(try row.decode(Int32.self, "used")),
                limit: Int(try row.decode(Int32.self, "allowed"))
            )
        }
    }

    /// Forgets what was said about a project's quota.
    package func resetQuota(of project: String) async throws {
        _ = try await read(Self.resetQuotaStatement, [.text(project)]) { _ in }
    }

    /// For what a restore of this server has no room now, by name.
    func quotaShortage(of server: UUID) async throws -> [QuotaShortage] {
        try await read(Self.shortageStatement, [.uuid(server)]) { row in
            QuotaShortage(
                resource: try row.decode(String.self, "resource"),
                requested: Int(try row.decode(Int32.self, "requested")),
                used: Int(try row.decode(Int32.self, "used")),
                limit: Int(try row.decode(Int32.self, "allowed"))
            )
        }
    }

    private static let showQuotaStatement = Statement("SELECT * FROM compute.show_quota_v1($1)")
    private static let setQuotaStatement = Statement("SELECT * FROM compute.set_quota_v1($1, $2, $3, $4, $5)")
    private static let resetQuotaStatement = Statement("SELECT compute.reset_quota_v1($1)")
    private static let shortageStatement = Statement("SELECT * FROM compute.quota_shortage_v1($1)")
}
