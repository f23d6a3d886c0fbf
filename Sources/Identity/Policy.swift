import Synchronization

/// Who may do what, by rules that an operator may exchange while requests are answered.
package final class Policy: Sendable {
    private let current: Mutex<PolicyRules>

    /// - Parameter rules: those that hold at first.
    package init(_ rules: PolicyRules = .standard) {
        current = Mutex(rules)
    }

    /// The rules that hold from now on.
    package func replace(with rules: PolicyRules) {
        current.withLock { $0 = rules }
    }

    /// Whether a caller may.
    /// - Parameter target: what is acted on: the project and the user of the server, or ``Credentials/ownTarget``.
    /// - Returns: false also for a rule that there is not, and where a rule cannot be decided.
    package func allows(_ rule: PolicyRule, _ credentials: Credentials, _ target: PolicyTarget) -> Bool {
        rules.allows(rule, credentials, target)
    }

    /// Whether a caller may for certain, when only a part of what is acted on is known: so that a change of a server
    /// need not read it first. Where this is false, ask ``allows(_:_:_:)`` with all of it.
    package func surelyAllows(_ rule: PolicyRule, _ credentials: Credentials, _ known: PolicyTarget) -> Bool {
        rules.surelyAllows(rule, credentials, known)
    }

    /// Whether a caller is an administrator: reaches the servers of every project, and what rules call `is_admin`.
    package func isAdministrator(_ credentials: Credentials) -> Bool {
        rules.isAdministrator(credentials)
    }

    private var rules: PolicyRules { current.withLock { $0 } }
}
