/// Why a process cannot start with the configuration it was given. Its description is one line for the operator.
package struct ConfigurationError: Error, CustomStringConvertible {
    /// What kind of mistake it is; wrapped, so that a new code breaks no `switch`.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case missing
            case invalid
            case unreadable
        }

        private let value: Value

        /// A key that must be set is not.
        package static let missing = Code(value: .missing)
        /// A key has a value that is not allowed.
        package static let invalid = Code(value: .invalid)
        /// A file or folder with configuration cannot be read.
        package static let unreadable = Code(value: .unreadable)

        /// The code as one word.
        package var description: String { value.rawValue }
    }

    /// What kind of mistake it is.
    package var code: Code

    /// Key that is wrong, as in the documentation, for example `database.url`.
    package var key: String

    /// What is wrong and what is expected, with the offending value unless it is secret; one line.
    package var message: String

    /// The error underneath, where there is one.
    package var cause: (any Error)?

    /// Makes an error out of its parts; the message must be one line and must not hold a secret.
    package init(_ code: Code, key: String, message: String, cause: (any Error)? = nil) {
        self.code = code
        self.key = key
        self.message = message
        self.cause = cause
    }

    /// One line that names the key, also as an environment variable, and says what is wrong.
    package var description: String { "configuration: \(message)" }
}
