/// Nova's names and defaults.
extension PolicyDefault {
    private static let administrator = "rule:context_is_admin"
    private static let memberOrAdministrator = "rule:project_member_or_admin"
    private static let readerOrAdministrator = "rule:project_reader_or_admin"

    private static let formerAdministrator = [(name: "rule:admin_api", text: String?("is_admin:True"))]
    private static let formerOwner = [
        (name: "rule:admin_or_owner", text: String?("is_admin:True or project_id:%(project_id)s"))
    ]

    /// What the other rules are made of.
    static let bases = [
        PolicyDefault(
            "context_is_admin",
            "role:admin",
            "Who is an administrator: whose 'is_admin:True' succeeds, and who reaches the servers of every project.",
            formerly: formerAdministrator
        ),
        PolicyDefault(
            "admin_or_owner",
            "is_admin:True or project_id:%(project_id)s",
            "Whoever is of the project, whatever the role, and administrators. No other default uses it; older files do."
        ),
        PolicyDefault("admin_api", "is_admin:True", "Administrators. No other default uses it; older files do."),
        PolicyDefault(
            "project_manager_api",
            "role:manager and project_id:%(project_id)s",
            "Managers of the project.",
            formerly: formerAdministrator
        ),
        PolicyDefault(
            "project_member_api",
            "role:member and project_id:%(project_id)s",
            "Members of the project.",
            formerly: formerOwner
        ),
        PolicyDefault(
            "project_reader_api",
            "role:reader and project_id:%(project_id)s",
            "Readers of the project.",
            formerly: formerOwner
        ),
        PolicyDefault(
            "project_manager_or_admin",
            "rule:project_manager_api or rule:context_is_admin",
            "Managers of the project and administrators.",
            formerly: formerAdministrator
        ),
        PolicyDefault(
            "project_member_or_admin",
            "rule:project_member_api or rule:context_is_admin",
            "Members of the project and administrators.",
            formerly: formerOwner
        ),
        PolicyDefault(
            "project_reader_or_admin",
            "rule:project_reader_api or rule:context_is_admin",
            "Readers of the project and administrators.",
            formerly: formerOwner
        ),
    ]

    static let servers = [
        rule(.list, readerOrAdministrator, "List servers.", ["GET  /servers"]),
        rule(
            .listDetail,
            readerOrAdministrator,
            "List servers with all that is known of them.",
            ["GET  /servers/detail"]
        ),
        rule(.listAllProjects, administrator, "List the servers of all projects.", ["GET  /servers"]),
        rule(
            .listDetailAllProjects,
            administrator,
            "List the servers of all projects with all that is known of them.",
            ["GET  /servers/detail"]
        ),
        rule(
            .allowAllFilters,
            administrator,
            "List servers by any of the filters, those for administrators included.",
            ["GET  /servers", "GET  /servers/detail"]
        ),
        rule(.show, readerOrAdministrator, "Show a server.", ["GET  /servers/{server_id}"]),
        rule(
            .showHostStatus,
            administrator,
            "See in servers how their host is (host_status).",
            ["GET  /servers/{server_id}", "GET  /servers/detail", "PUT  /servers/{server_id}"]
        ),
        rule(
            .showUnknownHostStatus,
            administrator,
            "See in servers that nothing is known of their host (host_status UNKNOWN). Asked when the rule without "
                + "':unknown-only' says no.",
            ["GET  /servers/{server_id}", "GET  /servers/detail", "PUT  /servers/{server_id}"]
        ),
        rule(
            .showHost,
            administrator,
            "See in servers their host and their names there: the attributes that begin with OS-EXT-SRV-ATTR.",
            ["GET  /servers/{server_id}", "GET  /servers/detail", "PUT  /servers/{server_id}"],
            formerly: [("compute_extension:extended_server_attributes", nil)]
        ),
        rule(.update, memberOrAdministrator, "Change a server's name or description.", ["PUT  /servers/{server_id}"]),
        rule(.delete, memberOrAdministrator, "Delete a server: into the bin.", ["DELETE  /servers/{server_id}"]),
    ]

    static let actions = [
        rule(
            .restore,
            memberOrAdministrator,
            "Restore a soft-deleted server.",
            ["POST  /servers/{server_id}/action (restore)"],
            formerly: [
                ("os_compute_api:os-deferred-delete", "rule:admin_or_owner"),
                ("compute_extension:deferred_delete", nil),
            ]
        ),
        rule(
            .forceDelete,
            memberOrAdministrator,
            "Delete a server for good, without the bin or out of it.",
            ["POST  /servers/{server_id}/action (forceDelete)"],
            formerly: [
                ("os_compute_api:os-deferred-delete", "rule:admin_or_owner"),
                ("compute_extension:deferred_delete", nil),
            ]
        ),
        rule(
            .lock,
            memberOrAdministrator,
            "Lock a server.",
            ["POST  /servers/{server_id}/action (lock)"],
            formerly: [("compute_extension:admin_actions:lock", nil)]
        ),
        rule(
            .unlock,
            memberOrAdministrator,
            "Unlock a server.",
            ["POST  /servers/{server_id}/action (unlock)"],
            formerly: [("compute_extension:admin_actions:unlock", nil)]
        ),
        rule(
            .unlockOverride,
            administrator,
            "Unlock a server that an administrator has locked. Asked after the rule for unlocking.",
            ["POST  /servers/{server_id}/action (unlock)"]
        ),
    ]

    static let records = [
        rule(
            .listActions,
            readerOrAdministrator,
            "List what was asked of a server.",
            ["GET  /servers/{server_id}/os-instance-actions"],
            formerly: [
                ("os_compute_api:os-instance-actions", "rule:admin_or_owner"),
                ("compute_extension:instance_actions", nil),
            ]
        ),
        rule(
            .showAction,
            readerOrAdministrator,
            "Show one thing that was asked of a server.",
            ["GET  /servers/{server_id}/os-instance-actions/{request_id}"],
            formerly: [
                ("os_compute_api:os-instance-actions", "rule:admin_or_owner"),
                ("compute_extension:instance_actions", nil),
            ]
        ),
        rule(
            .showEvents,
            administrator,
            "See in events the host, the traceback, and the events themselves before microversion 2.51.",
            ["GET  /servers/{server_id}/os-instance-actions/{request_id}"],
            formerly: [("compute_extension:instance_actions:events", nil)]
        ),
        rule(
            .showEventDetails,
            administrator,
            "See in failed events the raw cause (details).",
            ["GET  /servers/{server_id}/os-instance-actions/{request_id}"]
        ),
    ]

    static let administration = [
        rule(
            .showQuota,
            readerOrAdministrator,
            "Show a project's quotas.",
            ["GET  /os-quota-sets/{tenant_id}"],
            formerly: [("compute_extension:quotas:show", nil)]
        ),
        rule(
            .showQuotaDetail,
            readerOrAdministrator,
            "Show a project's quotas and what is used of them.",
            ["GET  /os-quota-sets/{tenant_id}/detail"],
            formerly: [("compute_extension:quotas:show", nil)]
        ),
        rule(
            .showQuotaDefaults,
            "@",
            "Show the quotas of projects that have none of their own.",
            ["GET  /os-quota-sets/{tenant_id}/defaults"],
            formerly: [("compute_extension:quotas:show", nil)]
        ),
        rule(
            .updateQuota,
            administrator,
            "Set a project's quotas.",
            ["PUT  /os-quota-sets/{tenant_id}"],
            formerly: [("compute_extension:quotas:update", nil)]
        ),
        rule(
            .deleteQuota,
            administrator,
            "Forget what was said about a project's quotas.",
            ["DELETE  /os-quota-sets/{tenant_id}"],
            formerly: [("compute_extension:quotas:delete", nil)]
        ),
        rule(.showLimits, "@", "Show the limits of the caller's project.", ["GET  /limits"]),
        rule(
            .showLimitsOfOtherProject,
            administrator,
            "Show the limits of another project. Asked after the rule for one's own.",
            ["GET  /limits"],
            formerly: [
                ("os_compute_api:os-used-limits", "rule:admin_api"),
                ("compute_extension:used_limits_for_admin", nil),
            ]
        ),
        rule(.listServices, administrator, "List workers' hosts.", ["GET  /os-services"], formerly: formerServices),
        rule(
            .updateService,
            administrator,
            "Enable a host, disable it or call it down.",
            ["PUT  /os-services/{service_id}"],
            formerly: formerServices
        ),
        rule(
            .deleteService,
            administrator,
            "Forget a host.",
            ["DELETE  /os-services/{service_id}"],
            formerly: formerServices
        ),
    ]

    private static let formerServices: [(name: String, text: String?)] = [
        ("os_compute_api:os-services", "rule:admin_api"), ("compute_extension:services", nil),
    ]

    /// What Nova does not have.
    static let tasks = [
        rule(.listTasks, readerOrAdministrator, "List tasks.", ["GET  /tasks"]),
        rule(.listTasksOfAllProjects, administrator, "List the tasks of all projects.", ["GET  /tasks"]),
        rule(.showTask, readerOrAdministrator, "Show a task.", ["GET  /tasks/{task_id}"]),
    ]

    private static func rule(
        _ rule: PolicyRule,
        _ text: String,
        _ description: String,
        _ operations: [String],
        formerly: [(name: String, text: String?)] = []
    ) -> PolicyDefault {
        PolicyDefault(rule.name, text, description, operations, formerly: formerly)
    }
}
