/// Why a hypervisor call did not do what it was asked.
///
/// | code | did the server change? | what a caller does |
/// |---|---|---|
/// | `.transient` | no | tries again later |
/// | `.permanent` | no | gives up; a person must look |
/// | `.notFound` | no | gives up; the host has no such server |
/// | `.unknownOutcome` | perhaps | looks at the power state, then decides |
/// | `.staleFence` | no | stops at once; another lease owns the server |
/// | `.cancelled` | perhaps | stops; whoever comes next looks at the power state |
package struct HypervisorError: Error {
    /// What kind of failure this is; wrapped, so that a new code breaks no `switch`.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case transient
            case permanent
            case unknownOutcome = "unknown_outcome"
            case staleFence = "stale_fence"
            case notFound = "not_found"
            case cancelled
        }

        private let value: Value

        /// Nothing was changed, and the same call may succeed later.
        package static let transient = Code(value: .transient)
        /// Nothing was changed, and trying again would not help.
        package static let permanent = Code(value: .permanent)
        /// The connection to the hypervisor was lost after the change was asked for.
        package static let unknownOutcome = Code(value: .unknownOutcome)
        /// A higher fence has been seen for this server, or the lease has run out; nothing was changed.
        package static let staleFence = Code(value: .staleFence)
        /// The host has no such server.
        package static let notFound = Code(value: .notFound)
        /// The calling task was cancelled.
        package static let cancelled = Code(value: .cancelled)

        /// The code as one word, for logs and stored events.
        package var description: String { value.rawValue }
    }

    /// What kind of failure this is.
    package var code: Code

    /// What the owner of the server may be told.
    package var reason: HypervisorFailureReason

    /// What failed and on what, for administrators; may name hosts and paths.
    package var message: String

    /// The error underneath, where there is one.
    package var cause: (any Error)?

    /// Makes an error out of its parts.
    package init(_ code: Code, reason: HypervisorFailureReason, message: String, cause: (any Error)? = nil) {
        self.code = code
        self.reason = reason
        self.message = message
        self.cause = cause
    }
}

extension HypervisorError: CustomStringConvertible {
    /// Code and message in one line; the cause is printed by whoever walks the chain.
    package var description: String { "\(code): \(message)" }
}
