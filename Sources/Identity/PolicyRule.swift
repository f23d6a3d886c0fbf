/// The name of something that may be allowed, as Nova calls it where Nova has it.
package struct PolicyRule: Sendable, Hashable, CustomStringConvertible {
    /// As it stands in a policy file.
    package let name: String

    /// - Parameter name: as it stands in a policy file; there need be no such rule.
    package init(_ name: String) {
        self.name = name
    }

    /// Restoring a soft-deleted server.
    package static let restore = PolicyRule("os_compute_api:os-deferred-delete:restore")
    /// Removing a server at once, without the bin.
    package static let forceDelete = PolicyRule("os_compute_api:os-deferred-delete:force")
    /// Locking a server.
    package static let lock = PolicyRule("os_compute_api:os-lock-server:lock")
    /// Undoing the lock of an owner.
    package static let unlock = PolicyRule("os_compute_api:os-lock-server:unlock")
    /// Undoing an administrator's lock.
    package static let unlockOverride = PolicyRule("os_compute_api:os-lock-server:unlock:unlock_override")
    /// Changing a server's name or description.
    package static let update = PolicyRule("os_compute_api:servers:update")
    /// Deleting a server: into the bin.
    package static let delete = PolicyRule("os_compute_api:servers:delete")
    /// Showing a server.
    package static let show = PolicyRule("os_compute_api:servers:show")
    /// Listing servers by id and name.
    package static let list = PolicyRule("os_compute_api:servers:index")
    /// Listing servers with all that is known of them.
    package static let listDetail = PolicyRule("os_compute_api:servers:detail")
    /// Listing the servers of all projects by id and name.
    package static let listAllProjects = PolicyRule("os_compute_api:servers:index:get_all_tenants")
    /// Listing the servers of all projects with all that is known of them.
    package static let listDetailAllProjects = PolicyRule("os_compute_api:servers:detail:get_all_tenants")
    /// Listing by the filters that are for administrators.
    package static let allowAllFilters = PolicyRule("os_compute_api:servers:allow_all_filters")
    /// Seeing in servers how their host is.
    package static let showHostStatus = PolicyRule("os_compute_api:servers:show:host_status")
    /// Asked when the one before says no.
    package static let showUnknownHostStatus = PolicyRule("os_compute_api:servers:show:host_status:unknown-only")
    /// What only administrators see of a server: its host and its names there.
    package static let showHost = PolicyRule("os_compute_api:os-extended-server-attributes")
    /// Listing what was asked of a server.
    package static let listActions = PolicyRule("os_compute_api:os-instance-actions:list")
    /// Showing one thing that was asked of a server.
    package static let showAction = PolicyRule("os_compute_api:os-instance-actions:show")
    /// The events of an action with host and traceback.
    package static let showEvents = PolicyRule("os_compute_api:os-instance-actions:events")
    /// The raw cause of a failed event.
    package static let showEventDetails = PolicyRule("os_compute_api:os-instance-actions:events:details")
    /// Showing the limits of a project.
    package static let showQuota = PolicyRule("os_compute_api:os-quota-sets:show")
    /// Showing the limits of a project beside what it uses.
    package static let showQuotaDetail = PolicyRule("os_compute_api:os-quota-sets:detail")
    /// Showing the limits of projects of which nothing is said.
    package static let showQuotaDefaults = PolicyRule("os_compute_api:os-quota-sets:defaults")
    /// Setting the limits of a project.
    package static let updateQuota = PolicyRule("os_compute_api:os-quota-sets:update")
    /// Forgetting what was said about a project's quota.
    package static let deleteQuota = PolicyRule("os_compute_api:os-quota-sets:delete")
    /// Showing the limits of the caller's own project.
    package static let showLimits = PolicyRule("os_compute_api:limits")
    /// Asked after the one before.
    package static let showLimitsOfOtherProject = PolicyRule("os_compute_api:limits:other_project")
    /// Listing the worker hosts.
    package static let listServices = PolicyRule("os_compute_api:os-services:list")
    /// Enabling, disabling or marking down a worker host.
    package static let updateService = PolicyRule("os_compute_api:os-services:update")
    /// Forgetting a worker host.
    package static let deleteService = PolicyRule("os_compute_api:os-services:delete")
    /// Showing a task.
    package static let showTask = PolicyRule("reprieve:tasks:show")
    /// Listing tasks.
    package static let listTasks = PolicyRule("reprieve:tasks:index")
    /// Listing the tasks of all projects.
    package static let listTasksOfAllProjects = PolicyRule("reprieve:tasks:index:get_all_tenants")

    /// Its name.
    package var description: String { name }
}
