/// How rules refer to each other: what can be said of them without anybody asking.
struct PolicyReferences {
    private let checks: [String: PolicyCheck]

    init(_ checks: [String: PolicyCheck]) {
        self.checks = checks
    }

    /// The name under which a reference is answered; nil when it is not.
    private func resolved(_ name: String) -> String? {
        if checks[name] != nil { return name }
        return checks[PolicyRules.fallback] == nil ? nil : PolicyRules.fallback
    }

    /// The names of rules that lead from one back to itself; nil when there are none.
    var circle: [String]? {
        var done: Set<String> = []
        for name in checks.keys.sorted() {
            var path: [String] = []
            if let circle = circle(from: name, &path, &done) { return circle }
        }
        return nil
    }

    private func circle(from name: String, _ path: inout [String], _ done: inout Set<String>) -> [String]? {
        if let start = path.firstIndex(of: name) { return path[start...] + [name] }
        guard let check = checks[name], !done.contains(name) else { return nil }
        path.append(name)
        for reference in check.references {
            guard let next = resolved(reference) else { continue }
            if let circle = circle(from: next, &path, &done) { return circle }
        }
        path.removeLast()
        done.insert(name)
        return nil
    }

    /// The most checks that answering one rule may take, each counted as often as references lead to it.
    static let mostChecks = 10_000

    /// A rule that takes more; nil when there is none. There must be no circle.
    ///
    /// Two references to a rule that has two itself, and so on, double the checks with every step: a short file could keep
    /// whoever answers or looks through its rules busy for ever.
    var tooLarge: String? {
        var counts: [String: Int] = [:]
        return checks.keys.sorted().first { count(.rule($0), &counts) > Self.mostChecks }
    }

    /// - Parameter counts: what is known already.
    private func count(_ check: PolicyCheck, _ counts: inout [String: Int]) -> Int {
        guard case .rule(let reference) = check else {
            return check.parts.reduce(1) { min($0 + count($1, &counts), Self.mostChecks + 1) }
        }
        guard let name = resolved(reference), let check = checks[name] else { return 1 }
        let known = counts[name] ?? count(check, &counts)
        counts[name] = known
        return known
    }

    /// Whether a check may say no because of what the target has.
    func deniesByTarget(_ check: PolicyCheck) -> Bool {
        switch check {
        case .not(let check): dependsOnTarget(check)
        case .rule(let name): resolved(name).flatMap { checks[$0] }.map(deniesByTarget) ?? false
        default: check.parts.contains(where: deniesByTarget)
        }
    }

    private func dependsOnTarget(_ check: PolicyCheck) -> Bool {
        switch check {
        case .role(let match), .equal(_, let match): !match.attributes.isEmpty
        case .rule(let name): resolved(name).flatMap { checks[$0] }.map(dependsOnTarget) ?? false
        default: check.parts.contains(where: dependsOnTarget)
        }
    }

    /// What is odd about a file: names that nothing asks for, references that lead nowhere, names of old.
    func warnings(about file: [String: PolicyCheck]) -> [String] {
        let former = PolicyDefault.all.reduce(into: [String: [String]]()) { names, rule in
            for old in rule.formerNames { names[old.name, default: []].append(rule.name) }
        }
        let referenced = Set(file.values.flatMap(\.references)).union([PolicyRules.fallback])
        let unknown = file.keys.filter {
            PolicyDefault.byName[$0] == nil && former[$0] == nil && !referenced.contains($0)
        }
        var warnings: [String] = []
        if !unknown.isEmpty {
            warnings.append("rules that nothing asks for: \(unknown.sorted().joined(separator: ", "))")
        }
        for (name, check) in file.sorted(by: { $0.key < $1.key }) {
            for missing in Set(check.references).sorted() where resolved(missing) == nil {
                warnings.append("rule '\(name)' refers to '\(missing)', which there is not: that never passes")
            }
            if let present = former[name], PolicyDefault.byName[name] == nil {
                warnings.append("rule '\(name)' has an old name: it is now \(present.joined(separator: ", "))")
            }
        }
        return warnings
    }
}
