import Identity
import Testing

@Suite("Who may do what")
struct PolicyTests {
    private let policy = Policy()

    private func allows(_ rule: PolicyRule, _ role: Role, project: String = "a", target: String = "a") -> Bool {
        policy.allows(rule, Credentials(userID: "u", projectID: project, roles: [role]), targetProject: target)
    }

    private static let changes: [PolicyRule] = [.restore, .forceDelete, .delete]
    private static let reads: [PolicyRule] = [
        .show, .list, .listDetail, .listActions, .showAction, .showTask, .listTasks,
    ]
    private static let administrators: [PolicyRule] = [
        .listAllProjects, .listDetailAllProjects, .showHost, .showEvents, .showEventDetails, .listTasksOfAllProjects,
    ]

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
    }

    @Test("a rule that there is not lets nobody pass")
    func unknownRule() {
        #expect(!allows(PolicyRule("os_compute_api:nonsense"), .admin))
    }
}
