/// Who may do what: Nova's defaults.
package struct Policy: Sendable {
    /// Whom a rule lets pass.
    enum Check: Sendable, Hashable {
        /// Administrators, and those who have the role in the project of what is acted on.
        case projectRole(Role)
        case administrator
    }

    private let checks: [PolicyRule: Check]

    /// The rules as they are by default.
    package init() {
        checks = Self.defaults
    }

    /// Whether a caller may.
    /// - Parameter targetProject: the project of what is acted on.
    /// - Returns: false also for a rule that there is not.
    package func allows(_ rule: PolicyRule, _ credentials: Credentials, targetProject: String) -> Bool {
        guard let check = checks[rule] else { return false }
        if credentials.roles.contains(.admin) { return true }
        switch check {
        case .administrator: return false
        case .projectRole(let role):
            return credentials.roles.contains(role) && credentials.projectID == targetProject
        }
    }

    private static let defaults: [PolicyRule: Check] = [
        .restore: .projectRole(.member),
        .forceDelete: .projectRole(.member),
        .delete: .projectRole(.member),
        .show: .projectRole(.reader),
        .list: .projectRole(.reader),
        .listDetail: .projectRole(.reader),
        .listAllProjects: .administrator,
        .listDetailAllProjects: .administrator,
        .showHost: .administrator,
        .listActions: .projectRole(.reader),
        .showAction: .projectRole(.reader),
        .showEvents: .administrator,
        .showEventDetails: .administrator,
        .lock: .projectRole(.member),
        .unlock: .projectRole(.member),
        .unlockOverride: .administrator,
        .updateServer: .projectRole(.member),
        .showQuota: .projectRole(.reader),
        .showQuotaDetail: .projectRole(.reader),
        .showDefaultQuota: .projectRole(.reader),
        .updateQuota: .administrator,
        .deleteQuota: .administrator,
        .showLimits: .projectRole(.reader),
        .showLimitsOfOthers: .administrator,
        .listServices: .administrator,
        .updateService: .administrator,
        .showTask: .projectRole(.reader),
        .listTasks: .projectRole(.reader),
        .listTasksOfAllProjects: .administrator,
    ]
}
