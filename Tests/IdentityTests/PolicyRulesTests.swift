import Testing

@testable import Identity

@Suite("The rules of a file over the defaults")
struct PolicyRulesTests {
    private func rules(_ file: [String: String]) throws -> PolicyRules {
        try PolicyRules(file: file.mapValues { try PolicyParser.parse($0) })
    }

    private func caller(_ roles: String...) -> Credentials {
        Credentials(userID: "u", projectID: "a", roles: Set(roles.map { Role($0) }))
    }

    private let own = PolicyTarget(projectID: "a", userID: "u")

    @Test("a rule of the file replaces its default and those made of it, and leaves the others")
    func overrides() throws {
        let rules = try rules(["project_member_api": "role:owner and project_id:%(project_id)s"])
        #expect(rules.allows(.restore, caller("owner"), own))
        #expect(!rules.allows(.restore, caller("member"), own))
        #expect(rules.allows(.restore, caller("admin"), own))
        #expect(rules.allows(.show, caller("member"), own))
        #expect(rules.warnings.isEmpty)
    }

    @Test("is_admin is what context_is_admin says, which may ask for is_admin itself")
    func administrators() throws {
        let rules = try rules(["context_is_admin": "role:operator or is_admin:True"])
        #expect(rules.isAdministrator(caller("operator")))
        #expect(!rules.isAdministrator(caller("admin")))
        #expect(rules.allows(PolicyRule("admin_api"), caller("operator"), PolicyTarget()))
        #expect(!rules.allows(.updateQuota, caller("admin"), own))
    }

    @Test("the old names of Nova decide where the file has them and not the new ones")
    func formerNames() throws {
        let old = ["compute_extension:deferred_delete": "role:undeleter", "os_compute_api:os-services": "role:watcher"]
        let rules = try rules(old)
        for rule in [PolicyRule.restore, .forceDelete] {
            #expect(rules.allows(rule, caller("undeleter"), own))
            #expect(!rules.allows(rule, caller("member"), own))
        }
        #expect(rules.allows(.listServices, caller("watcher"), own))
        #expect(rules.warnings.count == 2)
        #expect(rules.warnings.allSatisfy { $0.contains("old name") })
        let both = try self.rules(old.merging([PolicyRule.restore.name: "role:member"]) { $1 })
        #expect(both.allows(.restore, caller("member"), own))
        #expect(!both.allows(.restore, caller("undeleter"), own))
    }

    @Test("an old name that merely repeats Nova's default changes nothing")
    func repeatedDefault() throws {
        let rules = try rules([
            "os_compute_api:os-deferred-delete": "rule:admin_or_owner",
            "rule:admin_or_owner": "is_admin:True or project_id:%(project_id)s",
        ])
        #expect(!rules.allows(.restore, caller("reader"), own))
        #expect(rules.allows(.restore, caller("member"), own))
    }

    @Test("rules of old files that refer to admin_or_owner find it")
    func reference() throws {
        let rules = try rules([PolicyRule.restore.name: "rule:admin_or_owner"])
        #expect(rules.allows(.restore, caller("reader"), own))
        #expect(!rules.allows(.restore, caller("member"), PolicyTarget(projectID: "b")))
        #expect(rules.warnings.isEmpty)
    }

    @Test("the rule named default answers for those that there are not")
    func fallback() throws {
        let rules = try rules(["default": "role:auditor", "custom": "rule:nowhere"])
        #expect(rules.allows(PolicyRule("custom"), caller("auditor"), own))
        #expect(rules.allows(PolicyRule("unheard_of"), caller("auditor"), own))
        #expect(!rules.allows(PolicyRule("unheard_of"), caller("admin"), own))
    }

    @Test(
        "a circle is refused, and shown",
        arguments: [
            (["one": "rule:two", "two": "@ or not rule:one"], "one → two → one"),
            (["one": "rule:one"], "one → one"),
            (["default": "role:x or rule:nowhere"], "default → default"),
            (["context_is_admin": "rule:project_member_or_admin"], "context_is_admin"),
        ]
    )
    func circles(file: [String: String], path: String) {
        let error = #expect(throws: PolicyError.self) { try rules(file) }
        #expect(error?.code == .cyclic)
        #expect(error?.message.contains(path) == true, "\(error?.message ?? "")")
    }

    /// Rules that double the checks with every step down.
    private func doubling(_ depth: Int) -> [String: String] {
        (0..<depth).reduce(into: ["step\(depth)": "user_id:%(user_id)s"]) { file, step in
            file["step\(step)"] = "rule:step\(step + 1) or rule:step\(step + 1)"
        }
    }

    @Test("rules that take thousands of checks are refused before anybody asks", arguments: [13, 40, 400])
    func tooLarge(depth: Int) throws {
        _ = try rules(doubling(12))
        let error = #expect(throws: PolicyError.self) { try rules(doubling(depth)) }
        #expect(error?.code == .tooLarge)
        #expect(error?.message == "takes more than 10000 checks to answer")
    }

    @Test("names that nothing asks for and references to nothing are warned about")
    func warnings() throws {
        let rules = try rules([
            "os_compute_api:servers:create": "role:member", "helper": "role:x", "used": "rule:helper and rule:lost",
        ])
        #expect(
            rules.warnings == [
                "rules that nothing asks for: os_compute_api:servers:create, used",
                "rule 'used' refers to 'lost', which there is not: that never passes",
            ]
        )
    }

    @Test("only what holds for every server holds before the server is known")
    func surely() throws {
        let reachable = PolicyTarget(projectID: "a")
        let standard = PolicyRules.standard
        #expect(standard.surelyAllows(.restore, caller("member"), reachable))
        #expect(!standard.surelyAllows(.restore, caller("reader"), reachable))
        #expect(standard.surelyAllows(.restore, caller("admin"), PolicyTarget()))
        #expect(!standard.surelyAllows(.restore, caller("member"), PolicyTarget()))
        let own = try rules([PolicyRule.restore.name: "user_id:%(user_id)s or role:admin"])
        #expect(!own.surelyAllows(.restore, caller("member"), reachable))
        #expect(own.surelyAllows(.restore, caller("admin"), reachable))
        let negated = try rules([PolicyRule.restore.name: "not rule:theirs", "theirs": "user_id:%(user_id)s"])
        #expect(!negated.surelyAllows(.restore, caller("member"), reachable))
        #expect(negated.allows(.restore, caller("member"), PolicyTarget(projectID: "a", userID: "other")))
    }

    @Test("the sample, with its comments taken away, is the defaults")
    func sample() throws {
        let sample = PolicyDefault.sample
        #expect(sample.split(separator: "\n").allSatisfy { $0.hasPrefix("#") && $0.count <= 100 })
        let file = sample.split(separator: "\n").filter { $0.hasPrefix("#\"") }.map { $0.dropFirst() }
        let checks = try PolicyFile(path: "sample").checks(in: file.joined(separator: "\n"))
        #expect(checks == PolicyDefault.byName.mapValues(\.check))
        #expect(try PolicyRules(file: checks).warnings.isEmpty)
        #expect(sample.contains("# POST  /servers/{server_id}/action (restore)\n"))
    }

    @Test("an explanation names the checks that decided")
    func explanation() throws {
        let refused = PolicyExplanation(.standard, .restore, caller("reader"), own)
        #expect(!refused.isAllowed)
        #expect(refused.lines.contains { $0.hasSuffix("no: role:member (roles: reader)") })
        #expect(refused.lines.contains { $0.hasSuffix("no: role:admin (roles: reader)") })
        let allowed = PolicyExplanation(.standard, .restore, caller("member"), own)
        #expect(allowed.isAllowed)
        #expect(allowed.lines.last?.hasSuffix("(project_id is a, the target's project_id is a)") == true)
        #expect(!allowed.lines.contains { $0.contains("role:admin") })
    }
}
