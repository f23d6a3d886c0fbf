/// Keeps the rules that are in force those of the file.
///
/// A file that is being written may be cut off and a policy for all that, with the defaults for the rules that are still
/// to come. So a change is taken when it has stayed the same from one look to the next and while the file was read.
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
    /// Reads the file anew. A test may do something to the file meanwhile.
    private let read: @Sendable () throws(PolicyError) -> PolicyRules
    /// Of the file whose rules hold or were refused.
    private var stamp: PolicyFile.Stamp?
    /// Of the file at the last look.
    private var seen: PolicyFile.Stamp?

    /// Reads the file.
    /// - Throws: ``PolicyError``.
    package init(file: PolicyFile, policy: Policy) throws(PolicyError) {
        try self.init(file: file, policy: policy) { () throws(PolicyError) in try file.rules(refusingNothing: true) }
    }

    init(
        file: PolicyFile,
        policy: Policy,
        read: @escaping @Sendable () throws(PolicyError) -> PolicyRules
    ) throws(PolicyError) {
        self.file = file
        self.policy = policy
        self.read = read
        // Before the file is read: a change in between is seen later, and not lost.
        stamp = file.stamp
        seen = stamp
        let rules = try file.rules()
        warnings = rules.warnings
        policy.replace(with: rules)
    }

    /// What an operator should know of the file as it was at first.
    package nonisolated let warnings: [String]

    /// Looks at the file, and reads it again when it has changed and has settled since.
    /// - Parameter always: read it even if it looks the same, or has changed just now.
    package func look(always: Bool = false) -> Outcome {
        let now = file.stamp
        defer { seen = now }
        guard always || (now != stamp && now == seen) else { return .unchanged }
        let outcome = take(stampedAs: now)
        if case .unchanged = outcome {} else { stamp = now }
        return outcome
    }

    /// - Returns: `.unchanged` when the file changed meanwhile: a later look sees that.
    private func take(stampedAs stamp: PolicyFile.Stamp?) -> Outcome {
        do throws(PolicyError) {
            let rules = try read()
            guard file.stamp == stamp else { return .unchanged }
            policy.replace(with: rules)
            return .loaded(warnings: rules.warnings)
        } catch {
            return file.stamp == stamp ? .kept(error) : .unchanged
        }
    }
}
