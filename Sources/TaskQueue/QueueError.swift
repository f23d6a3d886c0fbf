package import Postgres

/// An error of the queue.
package struct QueueError: Error, Sendable, CustomStringConvertible {
    /// What went wrong.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        enum Value: String {
            case databaseUnavailable, outcomeUnknown, contended, leaseLost, subjectBusy, malformedRow, unexpected
        }
        let value: Value

        /// The database could not be asked; nothing happened. Try again later.
        package static let databaseUnavailable = Code(value: .databaseUnavailable)
        /// The answer was lost. Repeating a finish, a heartbeat or a sweep is safe.
        package static let outcomeUnknown = Code(value: .outcomeUnknown)
        /// The database gave up waiting for a row that somebody holds locked; nothing happened. Try again, and less at
        /// once: the rest of a batch need not wait for that row.
        package static let contended = Code(value: .contended)
        /// Another holds the lease now, or the task has ended.
        package static let leaseLost = Code(value: .leaseLost)
        /// The subject has a live task already.
        package static let subjectBusy = Code(value: .subjectBusy)
        /// The database answered with something that this build does not understand.
        package static let malformedRow = Code(value: .malformedRow)
        /// The database refused for a reason that no caller can help.
        package static let unexpected = Code(value: .unexpected)

        /// The code's word, for logs.
        package var description: String { value.rawValue }
        /// Whether the same call may succeed later.
        package var isRetryable: Bool { isOutage || self == .contended }
        /// Whether the database could not be asked, or did not answer.
        package var isOutage: Bool { self == .databaseUnavailable || self == .outcomeUnknown }
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

    /// What a database error means for the queue.
    package init(_ error: PostgresError, during what: String) {
        let code: Code =
            switch (error.sqlState, error.retry) {
            case ("RQ001", _): .leaseLost
            case ("23505", _): .subjectBusy
            // A lock, a deadlock, a statement that took too long: it was rolled back.
            case ("55P03", _), ("40P01", _), ("57014", _): .contended
            case (_, .safe): .databaseUnavailable
            case (_, .outcomeUnknown): .outcomeUnknown
            case (_, .never): .unexpected
            }
        self.init(code, "\(what) failed", cause: error)
    }
}
