package import Foundation

/// A virtual machine in Reprieve's care, as its row in `compute.servers` stood when it was read.
///
/// Every date is the database's clock, exact to the microsecond.
/// Source: sql/migrations/m0002_compute.sql
package struct Server: Sendable, Hashable, Identifiable {
    /// The same here, on its host and in the API.
    package var id: UUID
    /// The owner's project: matches `[0-9a-f-]{1,255}`.
    package var projectID: String
    /// Its owner, as Keystone knows him.
    package var userID: String
    /// 1 ... 255 characters, not unique.
    package var name: String
    /// The host it lives on, which is also the name of its queue.
    package var host: String
    /// The state it rests in.
    package var vmState: VMState
    /// What is happening to it now; nil when nothing is.
    package var taskState: TaskState?
    /// Nova's number for what the hypervisor reported last: 0 none, 1 running, 3 paused, 4 shutdown, 6 crashed,
    /// 7 suspended.
    package var powerState: Int
    /// Its size, as it was adopted.
    package var flavor: Flavor
    /// The image it was made of, if anybody said so.
    package var imageID: String?
    /// Its owner's own keys and values.
    package var metadata: [String: String]
    /// `nova` unless it was adopted with another.
    package var availabilityZone: String
    /// Its owner's words about it; nil for none.
    package var description: String?
    /// The key pair it was made with, if anybody said so.
    package var keyName: String?
    /// Who keeps it from being changed; nil when nobody does.
    package var lock: Lock?
    /// When it was adopted; all times are the database's.
    package var createdAt: Date
    /// When anything about it changed last.
    package var updatedAt: Date
    /// When it first ran; nil for one that never did, which is not kept when it is deleted.
    package var launchedAt: Date?
    /// When it was destroyed.
    package var terminatedAt: Date?
    /// When its delete was accepted.
    package var deletedAt: Date?
    /// The user whose delete was accepted.
    package var deletedBy: String?
    /// From when on it may be purged: set when the soft delete finished, moved by nothing.
    package var purgeAt: Date?

    /// Who locked a server and why.
    package struct Lock: Sendable, Hashable {
        /// An owner cannot undo an administrator's lock.
        package var byAdministrator: Bool
        /// What the one who locked it said.
        package var reason: String?

        /// Describes a lock: the owner's, or an administrator's, which the owner cannot undo.
        package init(byAdministrator: Bool, reason: String? = nil) {
            self.byAdministrator = byAdministrator
            self.reason = reason
        }
    }
}

/// The stable state of a server, in Nova's words.
package enum VMState: String, Sendable, Hashable, CaseIterable {
    case active
    case stopped
    case error
    case softDelete = "soft-delete"
    case deleted

    /// The `status` that the Compute API shows for it.
    package var status: String {
        switch self {
        case .active: "ACTIVE"
        case .stopped: "SHUTOFF"
        case .error: "ERROR"
        case .softDelete: "SOFT_DELETED"
        case .deleted: "DELETED"
        }
    }

    /// The state behind a `status` in any case of letters; nil when no server of ours can have it.
    package init?(status: String) {
        guard let state = Self.allCases.first(where: { $0.status == status.uppercased() }) else { return nil }
        self = state
    }

    /// The states of a server that is in nobody's bin.
    package static let live: [VMState] = [.active, .stopped, .error]
}

/// What is happening to a server, in Nova's words.
package enum TaskState: String, Sendable, Hashable {
    case softDeleting = "soft-deleting"
    case restoring
    case deleting
}

/// The size of a server as it was when the server was adopted; sizes in MiB and GiB as Nova's.
package struct Flavor: Sendable, Hashable, Codable {
    /// What servers show as the flavor's id up to 2.46.
    package var id: String
    /// What servers show as the flavor's name from 2.47 on.
    package var originalName: String
    /// Virtual processors, at least 1: what a quota of cores counts.
    package var vcpus: Int
    /// MiB.
    package var ram: Int
    /// GiB.
    package var disk: Int
    /// GiB.
    package var ephemeral: Int
    /// MiB.
    package var swap: Int
    /// What the flavor demands of its host, as Nova's keys and values.
    package var extraSpecs: [String: String]

    /// Describes a flavor; the defaults are those of a server of which nothing was said.
    package init(
        id: String = "1",
        originalName: String = "m1.tiny",
        vcpus: Int = 1,
        ram: Int = 512,
        disk: Int = 1,
        ephemeral: Int = 0,
        swap: Int = 0,
        extraSpecs: [String: String] = [:]
    ) {
        self.id = id
        self.originalName = originalName
        self.vcpus = vcpus
        self.ram = ram
        self.disk = disk
        self.ephemeral = ephemeral
        self.swap = swap
        self.extraSpecs = extraSpecs
    }

    /// Decodes what was stored; a part that is missing is as in ``init(id:originalName:vcpus:ram:disk:ephemeral:swap:extraSpecs:)``.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let usual = Flavor()
        id = try values.decodeIfPresent(String.self, forKey: .id) ?? usual.id
        originalName = try values.decodeIfPresent(String.self, forKey: .originalName) ?? usual.originalName
        vcpus = try values.decodeIfPresent(Int.self, forKey: .vcpus) ?? usual.vcpus
        ram = try values.decodeIfPresent(Int.self, forKey: .ram) ?? usual.ram
        disk = try values.decodeIfPresent(Int.self, forKey: .disk) ?? usual.disk
        ephemeral = try values.decodeIfPresent(Int.self, forKey: .ephemeral) ?? usual.ephemeral
        swap = try values.decodeIfPresent(Int.self, forKey: .swap) ?? usual.swap
        extraSpecs = try values.decodeIfPresent([String: String].self, forKey: .extraSpecs) ?? usual.extraSpecs
    }

    enum CodingKeys: String, CodingKey {
        case id, vcpus, ram, disk, ephemeral, swap
        case originalName = "original_name"
        case extraSpecs = "extra_specs"
    }
}
