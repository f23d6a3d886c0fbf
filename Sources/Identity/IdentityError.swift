/// An error of the Identity module. It never carries a token.
package struct IdentityError: Error, Sendable, CustomStringConvertible {
    /// What went wrong.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case invalidToken, unavailable, refused
        }
        private let value: Value

        /// Nobody's token: the caller must get another.
        package static let invalidToken = Code(value: .invalidToken)
        /// Whoever knows could not be asked; the same token may do later.
        package static let unavailable = Code(value: .unavailable)
        /// The identity service refuses us, not the caller: an operator has something to mend.
        package static let refused = Code(value: .refused)

        /// Its name, as logs have it.
        package var description: String { value.rawValue }
    }

    /// What to do about it.
    package let code: Code
    /// For the caller's eyes when the token is nobody's, else for the operator's.
    package let message: String
    /// What it comes from, for the operator's log.
    package let cause: (any Error)?

    /// - Parameter message: without a token or a password.
    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// What went wrong and why, for the operator's log.
    package var description: String {
        guard let cause else { return "\(code): \(message)" }
        return "\(code): \(message) (\(cause))"
    }
}
