import Testing

@testable import Identity

@Suite("Who may do what, by default")
struct PolicyTests {
    private let policy = Policy()

    private func allows(_ rule: PolicyRule, _ role: Role, project: String = "a", target: String = "a") -> Bool {
        let credentials = Credentials(userID: "u", projectID: project, roles: [role])
        return policy.allows(rule, credentials, PolicyTarget(projectID: target, userID: "somebody"))
    }

    private static let changes: [PolicyRule] = [.restore, .forceDelete, .delete, .update, .lock, .unlock]
    private static let reads: [PolicyRule] = [
        .show, .list, .listDetail, .listActions, .showAction, .showTask, .listTasks, .showQuota, .showQuotaDetail,
    ]
    private static let administrators: [PolicyRule] = [
        .listAllProjects, .listDetailAllProjects, .showHost, .showEvents, .showEventDetails, .listTasksOfAllProjects,
        .unlockOverride, .updateQuota, .deleteQuota, .showLimitsOfOtherProject, .listServices, .updateService,
        .deleteService,
        .allowAllFilters, .showHostStatus, .showUnknownHostStatus,
    ]
    private static let everybody: [PolicyRule] = [.showLimits, .showQuotaDefaults]

    @Test("a member of the project may change its servers, a reader may not", arguments: changes)
    func change(rule: PolicyRule) {
        #expect(allows(rule, .member))
        #expect(allows(rule, .manager))
        #expect(!allows(rule, .reader))
        #expect(!allows(rule, Role("auditor")))
    }

    @Test("a reader of the project may look, a stranger's role may not", arguments: reads)
    func read(rule: PolicyRule) {
        #expect(allows(rule, .reader))
        #expect(!allows(rule, Role("auditor")))
    }

    @Test("a role in one project is none in another", arguments: changes + reads)
    func otherProject(rule: PolicyRule) {
        #expect(!allows(rule, .manager, project: "a", target: "b"))
        #expect(allows(rule, .admin, project: "a", target: "b"))
    }

    @Test("what shows other projects or hosts is the administrators'", arguments: administrators)
    func administrator(rule: PolicyRule) {
        #expect(!allows(rule, .manager))
        #expect(allows(rule, .admin))
        #expect(allows(rule, Role("Admin")))
    }

    @Test("anybody may see what is the same for all", arguments: everybody)
    func anybody(rule: PolicyRule) {
        #expect(allows(rule, Role("auditor"), target: "b"))
    }

    @Test("these are all the rules that requests ask for")
    func complete() {
        let known = Set(PolicyDefault.all.map(\.name)).subtracting(PolicyDefault.bases.map(\.name))
        #expect(known == Set((Self.changes + Self.reads + Self.administrators + Self.everybody).map(\.name)))
    }

    @Test("a rule that there is not lets nobody pass")
    func unknownRule() {
        #expect(!allows(PolicyRule("os_compute_api:nonsense"), .admin))
    }

    @Test("a token for no project acts in none")
    func noProject() {
        let credentials = Credentials(userID: "u", projectID: "", roles: [.member])
        #expect(!policy.allows(.restore, credentials, credentials.ownTarget))
        #expect(!policy.allows(.restore, credentials, PolicyTarget(projectID: "")))
    }
}
