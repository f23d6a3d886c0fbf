/// One question: what rules say of somebody who acts on something.
struct PolicyEvaluation<Attributes: PolicyAttributes> {
    let rules: PolicyRules
    let attributes: Attributes
    let target: PolicyTarget

    /// Whether a check passes. A target without the attribute that a check names fails that check, as in oslo.policy.
    /// - Throws: ``PolicyError`` `.undecidable`.
    func passes(_ check: PolicyCheck) throws(PolicyError) -> Bool {
        switch check {
        case .always: return true
        case .never: return false
        case .role(let match):
            guard let role = try match.text(of: target) else { return false }
            if case .text = match { return attributes.holds(role: role) }
            return attributes.holds(role: role.lowercased())
        case .rule(let name):
            guard let check = rules[name] else { return false }
            return try passes(check)
        case .equal(let operand, let match):
            guard let text = try match.text(of: target) else { return false }
            return try matches(operand, text)
        case .not(let check): return try !passes(check)
        case .all(let checks):
            for check in checks where try !passes(check) { return false }
            return true
        case .any(let checks):
            for check in checks where try passes(check) { return true }
            return false
        }
    }

    private func matches(_ operand: PolicyCheck.Operand, _ text: String) throws(PolicyError) -> Bool {
        switch operand {
        case .literal(_, let literal): return literal == text
        case .path(let path):
            guard let value = attributes.attribute(path[0]) else { return false }
            return try leads(from: value, path[1...], to: text)
        }
    }

    /// Whether the path leads from an attribute to the text; of a list, any of its values will do.
    private func leads(
        from value: PolicyValue,
        _ path: ArraySlice<String>,
        to text: String
    ) throws(PolicyError) -> Bool {
        guard case .list(let values) = value else { return try continues(at: value, path, to: text) }
        for value in values where try continues(at: value, path, to: text) { return true }
        return false
    }

    private func continues(
        at value: PolicyValue,
        _ path: ArraySlice<String>,
        to text: String
    ) throws(PolicyError) -> Bool {
        // A list in a list, or an object, is no text that a rule could name.
        guard let name = path.first else { return value.pythonText == text }
        guard case .object(let members) = value else {
            throw PolicyError(.undecidable, "\(name) is looked for in what has no names")
        }
        guard let member = members[name] else { return false }
        return try leads(from: member, path.dropFirst(), to: text)
    }
}
