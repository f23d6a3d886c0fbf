/// All rules that hold at one moment: those of the operator's file, and the defaults for the rest.
package struct PolicyRules: Sendable {
    /// The name of the rule that holds where a rule is asked for that there is not.
    static let fallback = "default"

    private let checks: [String: PolicyCheck]
    /// Rules that may turn from yes to no when more is known of the target, since they say `not` of it.
    private let unsure: Set<String>
    /// What an operator should know about the file, each in one line.
    package let warnings: [String]

    /// The defaults.
    package static let standard = PolicyRules(checks: PolicyDefault.byName.mapValues(\.check), warnings: [])

    /// The rules of a file over the defaults.
    /// - Throws: ``PolicyError`` `.cyclic`, `.tooLarge`.
    init(file: [String: PolicyCheck]) throws(PolicyError) {
        var checks = PolicyDefault.byName.mapValues(\.check)
        for rule in PolicyDefault.all {
            if let check = rule.formerCheck(in: file) { checks[rule.name] = check }
        }
        checks.merge(file) { $1 }
        let references = PolicyReferences(checks)
        if let circle = references.circle {
            var error = PolicyError(.cyclic, "refers to itself: \(circle.joined(separator: " → "))")
            error.rule = circle[0]
            throw error
        }
        if let name = references.tooLarge {
            var error = PolicyError(.tooLarge, "takes more than \(PolicyReferences.mostChecks) checks to answer")
            error.rule = name
            throw error
        }
        self.init(checks: checks, warnings: references.warnings(about: file))
    }

    private init(checks: [String: PolicyCheck], warnings: [String]) {
        self.checks = checks
        self.warnings = warnings
        unsure = Set(checks.keys.filter { PolicyReferences(checks).deniesByTarget(.rule($0)) })
    }

    /// The rule of that name, or else the fallback; nil when there is neither.
    subscript(name: String) -> PolicyCheck? {
        checks[name] ?? checks[Self.fallback]
    }

    /// Whether there is a rule of that very name.
    func has(_ name: String) -> Bool { checks[name] != nil }

    /// Whether a caller may; false also where that cannot be decided, and for a rule that there is not.
    func allows(_ rule: PolicyRule, _ credentials: Credentials, _ target: PolicyTarget) -> Bool {
        passes(.rule(rule.name), PolicyCaller(credentials: credentials, rules: self), target)
    }

    /// Whether a caller may, whatever else than `known` turns out about the target.
    func surelyAllows(_ rule: PolicyRule, _ credentials: Credentials, _ known: PolicyTarget) -> Bool {
        !unsure.contains(rule.name) && allows(rule, credentials, known)
    }

    /// What `is_admin` is, as in Nova: whether the caller passes `context_is_admin`, acting on what is its own.
    func isAdministrator(_ credentials: Credentials) -> Bool {
        passes(
            .rule("context_is_admin"),
            PolicyCaller(credentials: credentials, rules: nil),
            credentials.ownTarget
        )
    }

    private func passes(_ check: PolicyCheck, _ caller: PolicyCaller, _ target: PolicyTarget) -> Bool {
        do {
            return try PolicyEvaluation(rules: self, attributes: caller, target: target).passes(check)
        } catch {
            // Where oslo.policy raises an error nobody passes; a policy that cannot be decided opens no door here either.
            return false
        }
    }
}

extension PolicyDefault {
    /// What a file says of this rule under a name of old, when it does not know the present one.
    fileprivate func formerCheck(in file: [String: PolicyCheck]) -> PolicyCheck? {
        guard file[name] == nil, let former = formerNames.first(where: { file[$0.name] != nil }) else { return nil }
        // Files that were made of Nova's sample have the old default, or refer from the old name to the new one.
        return file[former.name].flatMap { $0 == former.check || $0 == .rule(name) ? nil : $0 }
    }
}
