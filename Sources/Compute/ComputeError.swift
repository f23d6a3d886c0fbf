/// An error of the Compute module.
package struct ComputeError: Error, Sendable, CustomStringConvertible {
    /// What went wrong; `isRetryable` says what to do about it.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        enum Value: String {
            case databaseUnavailable, outcomeUnknown, leaseLost, markerNotFound, invalidPattern, nullCharacter,
                malformedRow, unexpected
        }
        let value: Value

        /// The database could not be asked; nothing happened. Try again later.
        package static let databaseUnavailable = Code(value: .databaseUnavailable)
        /// The answer was lost. Repeat with the same request id: what had been accepted is answered again.
        package static let outcomeUnknown = Code(value: .outcomeUnknown)
        /// The task's lease is another's now.
        package static let leaseLost = Code(value: .leaseLost)
        /// The page marker names no server or action of the caller's.
        package static let markerNotFound = Code(value: .markerNotFound)
        /// A filter is no regular expression; the message is its name.
        package static let invalidPattern = Code(value: .invalidPattern)
        /// A text has the character U+0000, which the database cannot hold.
        package static let nullCharacter = Code(value: .nullCharacter)
        /// The database answered with something that this build does not understand.
        package static let malformedRow = Code(value: .malformedRow)
        /// The database refused for a reason that no caller can help.
        package static let unexpected = Code(value: .unexpected)

        /// The code's word, for logs.
        package var description: String { value.rawValue }
        /// Whether the same call may succeed later.
        package var isRetryable: Bool { self == .databaseUnavailable || self == .outcomeUnknown }
    }

    /// What a caller decides by.
    package let code: Code
    /// A phrase for logs, without secrets.
    package let message: String
    /// The error below, mostly a ``PostgresError``.
    package let cause: (any Error)?

    /// Makes an error; `message` is a phrase for logs, without secrets.
    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The code, the message and the cause, for logs.
    package var description: String {
        guard let cause else { return "\(code): \(message)" }
        return "\(code): \(message) (\(cause))"
    }
}
