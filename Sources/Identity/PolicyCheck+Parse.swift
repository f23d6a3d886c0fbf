/// Understanding a check that stands alone.
extension PolicyCheck {
    /// - Parameter text: `@`, `!` or `KIND:MATCH`.
    /// - Throws: ``PolicyError`` `.malformed` or `.remote`, with the position in `text`.
    init(_ text: [Character]) throws(PolicyError) {
        if text == ["@"] {
            self = .always
            return
        }
        if text == ["!"] {
            self = .never
            return
        }
        guard let colon = text.firstIndex(of: ":") else {
            throw PolicyError(.malformed, "'\(String(text))' is no check: it has no ':'", position: 1)
        }
        let kind = String(text[..<colon])
        let match = Array(text[(colon + 1)...])
        switch kind {
        case "rule": self = .rule(String(match))
        case "role": self = .role(try Self.template(match, after: colon).lowercased)
        case "http", "https":
            throw PolicyError(.remote, "'\(kind):' checks ask another server and are not supported", position: 1)
        default: self = .equal(try Operand(kind), try Self.template(match, after: colon))
        }
    }

    private static func template(_ match: [Character], after colon: Int) throws(PolicyError) -> PolicyTemplate {
        do throws(PolicyError) {
            return try PolicyTemplate(match)
        } catch {
            var error = error
            error.position = colon + 1 + (error.position ?? 1)
            throw error
        }
    }
}

extension PolicyTemplate {
    /// The same with its own text in lower case.
    fileprivate var lowercased: PolicyTemplate {
        switch self {
        case .text(let text): .text(text.lowercased())
        case .attribute: self
        case .mixed(let parts): .mixed(parts.map(\.lowercased))
        }
    }
}

extension PolicyCheck.Operand {
    /// - Throws: ``PolicyError`` `.malformed`.
    init(_ source: String) throws(PolicyError) {
        if let text = Self.literal(source) {
            self = .literal(source: source, text: text)
            return
        }
        let segments = source.split(separator: ".", omittingEmptySubsequences: false)
        guard segments.allSatisfy(Self.isName) else {
            throw PolicyError(
                .malformed,
                "'\(source)' is neither the name of a credential nor a number, True, False, None or text in quotes",
                position: 1
            )
        }
        self = .path(segments.map(String.init))
    }

    /// A literal of Python as Python writes it; nil when it is none of those that make sense in a rule.
    private static func literal(_ source: String) -> String? {
        if ["True", "False", "None"].contains(source) { return source }
        if let quote = source.first, "'\"".contains(quote) {
            let inner = source.dropFirst().dropLast()
            let isWhole = source.count > 1 && source.last == quote && !inner.contains { $0 == quote || $0 == "\\" }
            return isWhole ? String(inner) : nil
        }
        return number(source)
    }

    private static func number(_ source: String) -> String? {
        let digits = source.drop { "+-".contains($0) }
        guard let first = digits.first, first.isASCII, first.isNumber, source.count - digits.count < 2 else {
            return nil
        }
        let isWhole = digits.allSatisfy { $0.isASCII && $0.isNumber }
        if isWhole {
            // Python refuses 007.
            guard first != "0" || digits.count == 1 else { return nil }
            return Int(source).map(String.init)
        }
        guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || ".eE+-".contains($0)) }) else { return nil }
        return Double(source).map(\.description)
    }

    /// A name as Python has them; a `-` may stand inside, where Python sees a difference and oslo.policy a name.
    private static func isName(_ segment: Substring) -> Bool {
        segment.split(separator: "-", omittingEmptySubsequences: false).allSatisfy { word in
            guard let first = word.first, first == "_" || first.isLetter else { return false }
            return word.allSatisfy { $0 == "_" || $0.isLetter || $0.isNumber }
        }
    }
}
