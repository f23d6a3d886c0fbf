/// A rule as it is when the operator's file does not have it.
package struct PolicyDefault: Sendable {
    let name: String
    /// The rule, in the language of oslo.policy.
    let text: String
    let check: PolicyCheck
    /// What it decides, in a sentence.
    let description: String
    /// The requests that ask it, as `METHOD  path`; none for rules that others are made of.
    let operations: [String]
    /// Names that Nova had for it once, the newest first. The first that the file defines, while it does not define
    /// this one, decides.
    let formerNames: [FormerName]

    /// A name that an operator's old file may have.
    struct FormerName: Sendable {
        let name: String
        /// What Nova's own rule of that name was. A file that merely repeats it did not mean anything by it, and the
        /// present default holds. Nil: whatever the file says is meant.
        let check: PolicyCheck?
    }

    init(
        _ name: String,
        _ text: String,
        _ description: String,
        _ operations: [String] = [],
        formerly: [(name: String, text: String?)] = []
    ) {
        self.name = name
        self.text = text
        self.description = description
        self.operations = operations
        check = Self.parse(text)
        formerNames = formerly.map { FormerName(name: $0.name, check: $0.text.map(Self.parse)) }
    }

    private static func parse(_ text: String) -> PolicyCheck {
        do {
            return try PolicyParser.parse(text)
        } catch {
            preconditionFailure("the default '\(text)' cannot be parsed: \(error)")
        }
    }

    /// Every rule that there is, in the order in which an operator reads them.
    static let all = bases + servers + actions + records + administration + tasks

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
