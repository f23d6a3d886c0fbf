/// What stands after the colon of a check: text with `%(name)s` for attributes of the target, and `%%` for a `%`.
///
/// Python's other conversions are refused: oslo.policy takes them, and fails or surprises when the rule is asked.
enum PolicyTemplate: Sendable, Hashable {
    case text(String)
    case attribute(String)
    case mixed([PolicyTemplate])

    /// - Throws: ``PolicyError`` `.malformed`, with the position in `source`.
    init(_ source: [Character]) throws(PolicyError) {
        var parts: [PolicyTemplate] = []
        var text = ""
        var index = 0
        while index < source.count {
            guard source[index] == "%" else {
                text.append(source[index])
                index += 1
                continue
            }
            if index + 1 < source.count, source[index + 1] == "%" {
                text.append("%")
                index += 2
                continue
            }
            let end = try Self.endOfAttribute(source, index)
            if !text.isEmpty { parts.append(.text(text)) }
            text = ""
            parts.append(.attribute(String(source[(index + 2)..<(end - 2)])))
            index = end
        }
        if !text.isEmpty || parts.isEmpty { parts.append(.text(text)) }
        self = parts.count == 1 ? parts[0] : .mixed(parts)
    }

    /// The index after the `s` of the `%(name)s` that begins at `start`. Parentheses in the name come in pairs.
    private static func endOfAttribute(_ source: [Character], _ start: Int) throws(PolicyError) -> Int {
        var depth = 0
        for index in source.indices.dropFirst(start + 1) {
            if source[index] == "(" { depth += 1 }
            if source[index] == ")" { depth -= 1 }
            guard depth == 0 else { continue }
            guard index > start + 1, index + 1 < source.count, source[index + 1] == "s" else { break }
            return index + 2
        }
        throw PolicyError(.malformed, "after '%' stands '(name)s' or another '%'", position: start + 1)
    }

    /// The names of the attributes that it stands for.
    var attributes: [String] {
        switch self {
        case .text: []
        case .attribute(let name): [name]
        case .mixed(let parts): parts.flatMap(\.attributes)
        }
    }

    /// What it says of a target.
    /// - Returns: nil when the target lacks an attribute.
    /// - Throws: ``PolicyError`` `.undecidable` when an attribute is a list or an object.
    func text(of target: PolicyTarget) throws(PolicyError) -> String? {
        switch self {
        case .text(let text): return text
        case .attribute(let name):
            guard let value = target[name] else { return nil }
            guard let text = value.pythonText else {
                throw PolicyError(.undecidable, "the target's \(name) is a list or an object")
            }
            return text
        case .mixed(let parts):
            var whole = ""
            for part in parts {
                guard let text = try part.text(of: target) else { return nil }
                whole += text
            }
            return whole
        }
    }
}

extension PolicyTemplate: CustomStringConvertible {
    /// As it stands in a rule.
    var description: String {
        switch self {
        case .text(let text): text.split(separator: "%", omittingEmptySubsequences: false).joined(separator: "%%")
        case .attribute(let name): "%(\(name))s"
        case .mixed(let parts): parts.map(\.description).joined()
        }
    }
}
