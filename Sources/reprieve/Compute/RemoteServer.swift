import Foundation

/// A server as the API shows it.
struct RemoteServer: Decodable, Sendable, Hashable {
    var id: String
    var name: String
    var status: String
    var projectID: String
    var userID: String
    /// Shown to administrators only.
    var host: String?
    var vmState: String
    var taskState: String?
    var powerState: Int?
    var createdAt: Date
    var updatedAt: Date
    var deletedAt: Date?
    var deletedBy: String?
    var purgeAt: Date?

    /// Whether it lies in the bin and nothing is happening to it.
    var isAtRestInBin: Bool { status == "SOFT_DELETED" && taskState == nil }

    enum CodingKeys: String, CodingKey {
        case id, name, status
        case projectID = "tenant_id"
        case userID = "user_id"
        case host = "OS-EXT-SRV-ATTR:host"
        case vmState = "OS-EXT-STS:vm_state"
        case taskState = "OS-EXT-STS:task_state"
        case powerState = "OS-EXT-STS:power_state"
        case createdAt = "created"
        case updatedAt = "updated"
        case deletedAt = "reprieve:deleted_at"
        case deletedBy = "reprieve:deleted_by"
        case purgeAt = "reprieve:purge_at"
    }
}

extension Report<RemoteServer> {
    static let servers = Report([
        Field("id") { .of($0.id) },
        Field("name") { .of($0.name) },
        Field("status") { .of($0.status) },
        Field("task_state") { .of($0.taskState) },
        Field("vm_state", isColumn: false) { .of($0.vmState) },
        Field("power_state", isColumn: false) { .of($0.powerState) },
        Field("project_id") { .of($0.projectID) },
        Field("user_id", isColumn: false) { .of($0.userID) },
        Field("host") { .of($0.host) },
        Field("created_at", isColumn: false) { .of($0.createdAt) },
        Field("updated_at", isColumn: false) { .of($0.updatedAt) },
        Field("deleted_at", isColumn: false) { .of($0.deletedAt) },
        Field("deleted_by", isColumn: false) { .of($0.deletedBy) },
        Field("purge_at", isColumn: false) { .of($0.purgeAt) },
    ])

    /// What lies in the bin, and how long it will.
    /// - Parameter now: the API's clock, so that a wrong one here makes nobody hurry, or wait.
    static func bin(now: Date) -> Report {
        Report([
            Field("id") { .of($0.id) },
            Field("name") { .of($0.name) },
            Field("project_id") { .of($0.projectID) },
            Field("deleted_by") { .of($0.deletedBy) },
            Field("deleted_at") { .of($0.deletedAt) },
            Field("purge_at", isColumn: false) { .of($0.purgeAt) },
            Field("seconds_left", title: "TIME LEFT") { server in
                server.purgeAt.map { .seconds(Int($0.timeIntervalSince(now).rounded(.down))) } ?? .none
            },
            Field("task_state") { .of($0.taskState) },
        ])
    }
}
