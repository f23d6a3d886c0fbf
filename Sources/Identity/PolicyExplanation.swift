/// Why rules say yes or no: the checks that decided, and what each met.
package struct PolicyExplanation: Sendable {
    /// Whether the caller may; false also where that cannot be decided.
    package let isAllowed: Bool
    /// One line for each check that decided, those that a check is made of indented below it.
    package let lines: [String]

    /// Asks a rule.
    package init(_ rules: PolicyRules, _ rule: PolicyRule, _ credentials: Credentials, _ target: PolicyTarget) {
        let caller = PolicyCaller(credentials: credentials, rules: rules)
        self.init(
            .rule(rule.name),
            PolicyEvaluation(rules: rules, attributes: caller, target: target)
        )
    }

    init(_ check: PolicyCheck, _ evaluation: PolicyEvaluation<some PolicyAttributes>) {
        do throws(PolicyError) {
            let decision = try evaluation.decision(check)
            isAllowed = decision.passes
            lines = decision.lines
        } catch {
            isAllowed = false
            lines = ["no: \(check) cannot be decided: \(error.message)"]
        }
    }
}

/// A check, what came of it, and what decided that.
private struct Decision {
    var check: PolicyCheck
    var passes: Bool
    /// What it met, where its text alone does not say it.
    var reason: String?
    var parts: [Decision] = []

    var lines: [String] {
        let line = "\(passes ? "yes" : "no"): \(check)" + (reason.map { " (\($0))" } ?? "")
        return [line] + parts.flatMap(\.lines).map { "  \($0)" }
    }
}

extension PolicyEvaluation {
    fileprivate func decision(_ check: PolicyCheck) throws(PolicyError) -> Decision {
        var decision = Decision(check: check, passes: try passes(check))
        switch check {
        case .always, .never: break
        case .role: decision.reason = "roles: \(shown(attributes.attribute("roles")))"
        case .equal(let operand, let match): decision.reason = reason(operand, match)
        case .rule(let name):
            guard let inner = rules[name] else {
                decision.reason = "there is no such rule"
                break
            }
            if !rules.has(name) { decision.reason = "by the rule 'default'" }
            decision.parts = [try self.decision(inner)]
        case .not(let inner): decision.parts = [try self.decision(inner)]
        case .all(let checks), .any(let checks):
            decision.parts = try deciding(checks, of: check)
        }
        return decision
    }

    /// The first part that settled it, or all of them where it took all.
    private func deciding(
        _ checks: [PolicyCheck],
        of check: PolicyCheck
    ) throws(PolicyError) -> [Decision] {
        let settling = if case .all = check { false } else { true }
        var decisions: [Decision] = []
        for check in checks {
            let decision = try decision(check)
            // What stands behind it was not asked.
            if decision.passes == settling { return [decision] }
            decisions.append(decision)
        }
        return decisions
    }

    private func reason(_ operand: PolicyCheck.Operand, _ match: PolicyTemplate) -> String? {
        let missing = match.attributes.filter { target[$0] == nil }
        guard missing.isEmpty else { return "the target has no \(missing.joined(separator: ", "))" }
        let wanted = match.attributes.map { "the target's \($0) is \(shown(target[$0]))" }
        guard case .path(let path) = operand else { return wanted.joined(separator: ", ") }
        let found = attributes.attribute(path[0]).map { "\(path[0]) is \(shown($0))" } ?? "there is no \(path[0])"
        return ([found] + wanted).joined(separator: ", ")
    }

    private func shown(_ value: PolicyValue?) -> String {
        switch value {
        case nil: "none"
        case .list(let values): values.isEmpty ? "none" : values.map { shown($0) }.sorted().joined(separator: ", ")
        case .object: "an object"
        case .some(let value): value.pythonText ?? ""
        }
    }
}
