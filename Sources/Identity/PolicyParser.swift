/// Understands the language of oslo.policy: checks with `and`, `or`, `not` and parentheses, or lists of lists of checks.
struct PolicyParser {
    /// Deeper nesting is a mistake, and would use up the stack.
    private static let maximumDepth = 100

    private enum Kind: Equatable {
        case open, close, and, or, not
        case check([Character])
        /// Text in quotes, which the language sets apart from checks and has no use for.
        case quoted
    }

    private struct Token {
        var kind: Kind
        /// The character where it begins, from 1.
        var position: Int
    }

    private let tokens: [Token]
    private var next = 0
    private let end: Int

    /// Understands a rule; an empty one is always true.
    /// - Throws: ``PolicyError`` `.malformed` or `.remote`, with the position.
    static func parse(_ text: String) throws(PolicyError) -> PolicyCheck {
        guard !text.isEmpty else { return .always }
        var parser = PolicyParser(Array(text))
        let check = try parser.alternatives(depth: 0)
        guard let rest = parser.peek else { return check }
        throw PolicyError(.malformed, "'and' or 'or' is missing, or a ')' has no '('", position: rest.position)
    }

    /// Understands a rule of the old form: one of the lists must hold, each with all of its checks.
    /// - Throws: ``PolicyError`` `.malformed` or `.remote`.
    static func parse(_ lists: [[String]]) throws(PolicyError) -> PolicyCheck {
        guard !lists.isEmpty else { return .always }
        var alternatives: [PolicyCheck] = []
        for list in lists where !list.isEmpty {
            var checks: [PolicyCheck] = []
            for text in list { checks.append(try single(text)) }
            alternatives.append(checks.count == 1 ? checks[0] : .all(checks))
        }
        return alternatives.count == 1 ? alternatives[0] : .any(alternatives)
    }

    /// A check that stands alone. Its place in the lists is unknown here, so that the message shows it.
    private static func single(_ text: String) throws(PolicyError) -> PolicyCheck {
        do throws(PolicyError) {
            return try PolicyCheck(Array(text))
        } catch {
            var error = error
            error.message = "in '\(text)': \(error.message)"
            throw error
        }
    }

    private init(_ text: [Character]) {
        tokens = Self.tokens(text)
        end = text.count + 1
    }

    private var peek: Token? { next < tokens.count ? tokens[next] : nil }

    private mutating func take(_ kind: Kind) -> Bool {
        guard peek?.kind == kind else { return false }
        next += 1
        return true
    }

    private mutating func alternatives(depth: Int) throws(PolicyError) -> PolicyCheck {
        var checks = [try conjunction(depth: depth)]
        while take(.or) { checks.append(try conjunction(depth: depth)) }
        return checks.count == 1 ? checks[0] : .any(checks)
    }

    private mutating func conjunction(depth: Int) throws(PolicyError) -> PolicyCheck {
        var checks = [try term(depth: depth)]
        while take(.and) { checks.append(try term(depth: depth)) }
        return checks.count == 1 ? checks[0] : .all(checks)
    }

    private mutating func term(depth: Int) throws(PolicyError) -> PolicyCheck {
        guard let token = peek else {
            throw PolicyError(.malformed, "a check is missing at the end", position: end)
        }
        guard depth < Self.maximumDepth else {
            throw PolicyError(.malformed, "nested deeper than \(Self.maximumDepth)", position: token.position)
        }
        next += 1
        switch token.kind {
        case .not: return .not(try term(depth: depth + 1))
        case .open:
            let check = try alternatives(depth: depth + 1)
            guard take(.close) else {
                throw PolicyError(.malformed, "')' or 'and' or 'or' is missing", position: peek?.position ?? end)
            }
            return check
        case .check(let text): return try Self.check(text, token.position)
        case .quoted:
            throw PolicyError(.malformed, "text in quotes is no check", position: token.position)
        case .close, .and, .or:
            throw PolicyError(.malformed, "a check is missing", position: token.position)
        }
    }

    private static func check(_ text: [Character], _ position: Int) throws(PolicyError) -> PolicyCheck {
        do throws(PolicyError) {
            return try PolicyCheck(text)
        } catch {
            var error = error
            error.position = position + (error.position ?? 1) - 1
            throw error
        }
    }

    /// Words between spaces; parentheses count where a word begins or ends, for `%(name)s` has some too.
    private static func tokens(_ text: [Character]) -> [Token] {
        var tokens: [Token] = []
        for word in text.indices.split(whereSeparator: { text[$0].isWhitespace }) {
            let opening = word.prefix { text[$0] == "(" }
            let rest = word.dropFirst(opening.count)
            let closing = rest.reversed().prefix { text[$0] == ")" }
            let middle = rest.dropLast(closing.count)
            tokens += opening.map { Token(kind: .open, position: $0 + 1) }
            if let first = middle.first, let last = middle.last {
                let kind = kind(Array(text[first...last]), isClosing: !closing.isEmpty)
                tokens.append(Token(kind: kind, position: first + 1))
            }
            tokens += closing.reversed().map { Token(kind: .close, position: $0 + 1) }
        }
        return tokens
    }

    private static func kind(_ word: [Character], isClosing: Bool) -> Kind {
        switch String(word).lowercased() {
        case "and": return .and
        case "or": return .or
        case "not": return .not
        default:
            let isQuoted = word.count > 1 && "'\"".contains(word[0]) && word.last == word[0]
            // As in oslo.policy, where a parenthesis after the quote makes it a check.
            return isQuoted && !isClosing ? .quoted : .check(word)
        }
    }
}
