import Foundation
import Testing

@testable import Identity

/// What oslo.policy itself answered, as `deploy/dev/policy-against-oslo --write` recorded it; that command also has these
/// tests ask for fresh answers.
@Suite("Policies as oslo.policy understands them")
struct OsloPolicyTests {
    private let answers: OsloAnswers

    init() throws {
        let recorded = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "oslo-policy-answers.json")
        let fresh = ProcessInfo.processInfo.environment["REPRIEVE_POLICY_ANSWERS"].map { URL(filePath: $0) }
        answers = try JSONDecoder().decode(OsloAnswers.self, from: Data(contentsOf: fresh ?? recorded))
    }

    @Test("every rule says the same of every target and caller, and broken ones are refused")
    func language() throws {
        let sets = try answers.sets.map { try PolicyRules(file: $0.mapValues { try $0.check }) }
        var differences: [String] = []
        for question in answers.cases {
            let ours = try ours(question.rule, sets[question.set])
            let theirs = question.answers.replacing("x", with: "n")
            if ours != theirs { differences.append("\(question.rule): we say \(ours), oslo.policy says \(theirs)") }
        }
        print("policy: \(answers.cases.count) rules, \(differences.count) differences")
        #expect(answers.cases.count >= 200)
        #expect(differences.isEmpty, "\(differences.count), the first: \(differences.first ?? "")")
    }

    private func ours(_ rule: OsloAnswers.Rule, _ rules: PolicyRules) throws -> String {
        let check: PolicyCheck
        do {
            check = try rule.check
        } catch is PolicyError {
            return "refused"
        }
        var text = ""
        for target in answers.targets {
            for credentials in answers.credentials {
                let evaluation = PolicyEvaluation(
                    rules: rules,
                    attributes: DictionaryAttributes(members: credentials),
                    target: PolicyTarget(others: target)
                )
                let passes = (try? evaluation.passes(check)) == true
                #expect(PolicyExplanation(check, evaluation).isAllowed == passes)
                text += passes ? "y" : "n"
            }
        }
        return text
    }

    @Test("every policy file means the same, with its names of old")
    func files() throws {
        let callers = answers.callers.map {
            // As a file of Nova's sees them: the roles that the token has, and no more.
            var credentials = Credentials(userID: $0.user, projectID: $0.project, roles: [])
            credentials.roles = Set($0.roles.map { Role($0) })
            return credentials
        }
        var differences: [String] = []
        for question in answers.files {
            let rules = try PolicyRules(file: question.file.mapValues { try $0.check })
            for (name, theirs) in question.asks.sorted(by: { $0.key < $1.key }) {
                let ours = answers.actedOn.flatMap { target in
                    callers.map { rules.allows(PolicyRule(name), $0, PolicyTarget(others: target)) ? "y" : "n" }
                }.joined()
                if ours != theirs {
                    differences.append("\(name) by \(question.file): we say \(ours), oslo.policy says \(theirs)")
                }
            }
        }
        print("policy: \(answers.files.count) files, \(differences.count) differences")
        #expect(answers.files.count >= 40)
        #expect(differences.isEmpty, "\(differences.count), the first: \(differences.first ?? "")")
    }
}

/// Credentials that are any JSON.
private struct DictionaryAttributes: PolicyAttributes {
    var members: [String: PolicyValue]

    func attribute(_ name: String) -> PolicyValue? {
        // oslo.policy adds it.
        if name == "system", let scope = members["system_scope"], scope != .none { return scope }
        return members[name]
    }

    func holds(role: String) -> Bool {
        guard case .list(let roles) = members["roles"] else { return false }
        return roles.contains { $0.pythonText?.lowercased() == role }
    }
}

private struct OsloAnswers: Decodable {
    var sets: [[String: Rule]]
    var targets: [[String: PolicyValue]]
    var credentials: [[String: PolicyValue]]
    var callers: [Caller]
    var actedOn: [[String: PolicyValue]]
    var cases: [Case]
    var files: [File]

    struct Caller: Decodable {
        var user: String
        var project: String
        var roles: [String]
    }

    struct File: Decodable {
        var file: [String: Rule]
        var asks: [String: String]
    }

    struct Case: Decodable {
        var set: Int
        var rule: Rule
        var answers: String

        init(from decoder: any Decoder) throws {
            var parts = try decoder.unkeyedContainer()
            set = try parts.decode(Int.self)
            rule = try parts.decode(Rule.self)
            answers = try parts.decode(String.self)
        }
    }

    /// A rule as a file may have it: text, or lists of texts or of lists of texts.
    struct Rule: Decodable, CustomStringConvertible {
        var value: PolicyValue

        init(from decoder: any Decoder) throws {
            value = try PolicyValue(from: decoder)
        }

        var check: PolicyCheck {
            get throws {
                guard case .list(let values) = value else { return try PolicyParser.parse(value.pythonText ?? "") }
                return try PolicyParser.parse(
                    values.map { value in
                        if case .list(let texts) = value { return texts.map { $0.pythonText ?? "" } }
                        return value == .text("") ? [] : [value.pythonText ?? ""]
                    }
                )
            }
        }

        var description: String { "\(value)" }
    }
}

extension PolicyValue: Decodable {
    package init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() {
            self = .none
        } else if let value = try? single.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? single.decode(Int.self) {
            self = .int(value)
        } else if let value = try? single.decode(Double.self) {
            self = .double(value)
        } else if let value = try? single.decode(String.self) {
            self = .text(value)
        } else if let value = try? single.decode([PolicyValue].self) {
            self = .list(value)
        } else {
            self = .object(try single.decode([String: PolicyValue].self))
        }
    }
}
