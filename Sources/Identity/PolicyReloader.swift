/// Keeps the rules that are in force those of the file.
package actor PolicyReloader {
    /// What came of looking.
    package enum Outcome: Sendable {
        case unchanged
        /// The rules of the file hold; with what an operator should know of it.
        case loaded(warnings: [String])
        /// The file cannot be used, and the rules that held before still do. Said once for each change of the file.
        case kept(PolicyError)
    }

    private let file: PolicyFile
    private let policy: Policy
    private var stamp: PolicyFile.Stamp?

    /// Reads the file.
    /// - Throws: ``PolicyError``.
    package init(file: PolicyFile, policy: Policy) throws(PolicyError) {
        self.file = file
        self.policy = policy
        // Before the file is read: a change in between is seen later, and not lost.
        stamp = file.stamp
        let rules = try file.rules()
        warnings = rules.warnings
        policy.replace(with: rules)
    }

    /// What an operator should know of the file as it was at first.
    package nonisolated let warnings: [String]

    /// Looks at the file, and reads it again when it has changed.
    /// - Parameter always: read it even if it looks the same.
    package func look(always: Bool = false) -> Outcome {
        let now = file.stamp
        guard always || now != stamp else { return .unchanged }
        stamp = now
        do throws(PolicyError) {
            let rules = try file.rules()
            policy.replace(with: rules)
            return .loaded(warnings: rules.warnings)
        } catch {
            return .kept(error)
        }
    }
}
