/// The name of something that may be allowed, as Nova calls it where Nova has it.
package struct PolicyRule: Sendable, Hashable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) {
        self.name = name
    }

    package static let restore = PolicyRule("os_compute_api:os-deferred-delete:restore")
    package static let forceDelete = PolicyRule("os_compute_api:os-deferred-delete:force")
    package static let lock = PolicyRule("os_compute_api:os-lock-server:lock")
    package static let unlock = PolicyRule("os_compute_api:os-lock-server:unlock")
    /// Undoing an administrator's lock.
    package static let unlockOverride = PolicyRule("os_compute_api:os-lock-server:unlock:unlock_override")
    package static let update = PolicyRule("os_compute_api:servers:update")
    package static let delete = PolicyRule("os_compute_api:servers:delete")
    package static let show = PolicyRule("os_compute_api:servers:show")
    package static let list = PolicyRule("os_compute_api:servers:index")
    package static let listDetail = PolicyRule("os_compute_api:servers:detail")
    package static let listAllProjects = PolicyRule("os_compute_api:servers:index:get_all_tenants")
    package static let listDetailAllProjects = PolicyRule("os_compute_api:servers:detail:get_all_tenants")
    package static let allowAllFilters = PolicyRule("os_compute_api:servers:allow_all_filters")
    package static let showHostStatus = PolicyRule("os_compute_api:servers:show:host_status")
    /// Asked when the one before says no.
    package static let showUnknownHostStatus = PolicyRule("os_compute_api:servers:show:host_status:unknown-only")
    /// What only administrators see of a server: its host and its names there.
    package static let showHost = PolicyRule("os_compute_api:os-extended-server-attributes")
    package static let listActions = PolicyRule("os_compute_api:os-instance-actions:list")
    package static let showAction = PolicyRule("os_compute_api:os-instance-actions:show")
    /// The events of an action with host and traceback.
    package static let showEvents = PolicyRule("os_compute_api:os-instance-actions:events")
    /// The raw cause of a failed event.
    package static let showEventDetails = PolicyRule("os_compute_api:os-instance-actions:events:details")
    package static let showQuota = PolicyRule("os_compute_api:os-quota-sets:show")
    package static let showQuotaDetail = PolicyRule("os_compute_api:os-quota-sets:detail")
    package static let showQuotaDefaults = PolicyRule("os_compute_api:os-quota-sets:defaults")
    package static let updateQuota = PolicyRule("os_compute_api:os-quota-sets:update")
    /// Forgetting what was said about a project's quota.
    package static let deleteQuota = PolicyRule("os_compute_api:os-quota-sets:delete")
    package static let showLimits = PolicyRule("os_compute_api:limits")
    /// Asked after the one before.
    package static let showLimitsOfOtherProject = PolicyRule("os_compute_api:limits:other_project")
    package static let listServices = PolicyRule("os_compute_api:os-services:list")
    package static let updateService = PolicyRule("os_compute_api:os-services:update")
    package static let deleteService = PolicyRule("os_compute_api:os-services:delete")
    package static let showTask = PolicyRule("reprieve:tasks:show")
    package static let listTasks = PolicyRule("reprieve:tasks:index")
    package static let listTasksOfAllProjects = PolicyRule("reprieve:tasks:index:get_all_tenants")

    package var description: String { name }
}
