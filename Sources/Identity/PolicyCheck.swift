/// A rule, understood: the tree of its checks.
indirect enum PolicyCheck: Sendable, Hashable {
    /// `@`
    case always
    /// `!`
    case never
    /// `role:NAME`, in any case of letters.
    case role(PolicyTemplate)
    /// `rule:NAME`: what the rule of that name says.
    case rule(String)
    /// `KIND:MATCH`: whether both sides are the same text.
    case equal(Operand, PolicyTemplate)
    case not(PolicyCheck)
    /// Two or more.
    case all([PolicyCheck])
    /// Two or more, or none: then it never passes.
    case any([PolicyCheck])

    /// The left side of a comparison.
    enum Operand: Sendable, Hashable {
        /// `'member'`, `True`, `7`: its source, and it as Python writes it.
        case literal(source: String, text: String)
        /// `user_id`, `token.project.id`: an attribute of the credentials, and of what is in there. Of a list any will do.
        case path([String])
    }
}

extension PolicyCheck: CustomStringConvertible {
    /// As a rule that means the same.
    var description: String {
        switch self {
        case .always: "@"
        case .never: "!"
        case .role(let match): "role:\(match)"
        case .rule(let name): "rule:\(name)"
        case .equal(.literal(let source, _), let match): "\(source):\(match)"
        case .equal(.path(let path), let match): "\(path.joined(separator: ".")):\(match)"
        case .not(let check): "not \(check)"
        case .all(let checks): "(\(checks.map(\.description).joined(separator: " and ")))"
        case .any(let checks) where checks.isEmpty: "!"
        case .any(let checks): "(\(checks.map(\.description).joined(separator: " or ")))"
        }
    }
}

extension PolicyCheck {
    /// The checks that it is made of.
    var parts: [PolicyCheck] {
        switch self {
        case .always, .never, .role, .rule, .equal: []
        case .not(let check): [check]
        case .all(let checks), .any(let checks): checks
        }
    }

    /// The names of the rules that it refers to, each as often as it does.
    var references: [String] {
        if case .rule(let name) = self { return [name] }
        return parts.flatMap(\.references)
    }
}
