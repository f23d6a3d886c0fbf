/// What went wrong between this process and PostgreSQL.
///
/// | code | retry | meaning |
/// |---|---|---|
/// | `invalidConfiguration` | never | the connection string cannot be used |
/// | `connectionFailed` | safe | no connection could be made |
/// | `connectionLost` | safe | the connection was found dead before the statement was sent |
/// | `timeout` | outcomeUnknown, or safe when nothing was sent | the deadline passed; the connection is gone |
/// | `poolExhausted` | safe | too many waiters, or no connection came free in time |
/// | `closed` | safe | the connection or pool was closed before the statement was sent |
/// | `cancelled` | safe | the Swift task was cancelled before the statement was sent |
/// | `server` | by SQLSTATE | PostgreSQL answered with an error and rolled the statement back |
/// | `decoding` | never | a column is absent or holds another type |
/// | `outcomeUnknown` | outcomeUnknown | sent, and no trustworthy answer came: it may have committed |
///
/// No message or description holds a password or a parameter's value.
package struct PostgresError: Error {
    /// What kind of failure it is.
    package let code: Code

    /// A sentence for people, naming what failed.
    package let message: String

    /// The five characters PostgreSQL gave, when it gave any. Switch on these, never on the text.
    package let sqlState: String?

    /// The failure below this one.
    package let cause: (any Error)?

    /// Whether doing the same again can do it twice.
    package let retry: RetrySafety

    /// Makes an error; tests and adapters above use it to stand in for a database.
    package init(
        _ code: Code,
        _ message: String,
        sqlState: String? = nil,
        cause: (any Error)? = nil,
        retry: RetrySafety
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.cause = cause
        self.retry = retry
    }
}

extension PostgresError {
    /// The kind of a failure. A struct, so that a new kind breaks no `switch`.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Base: String {
            case invalidConfiguration, connectionFailed, connectionLost, timeout, poolExhausted, closed, cancelled
            case server, decoding, outcomeUnknown
        }

        private let base: Base

        private init(_ base: Base) {
            self.base = base
        }

        /// The name of the kind, as in the table of ``PostgresError``.
        package var description: String { base.rawValue }

        /// The connection string cannot be used.
        package static let invalidConfiguration = Code(.invalidConfiguration)
        /// No connection could be made.
        package static let connectionFailed = Code(.connectionFailed)
        /// The connection was found dead before the statement was sent.
        package static let connectionLost = Code(.connectionLost)
        /// The deadline passed.
        package static let timeout = Code(.timeout)
        /// Too many waiters, or no connection came free in time.
        package static let poolExhausted = Code(.poolExhausted)
        /// The connection or pool was closed before the statement was sent.
        package static let closed = Code(.closed)
        /// The Swift task was cancelled before the statement was sent.
        package static let cancelled = Code(.cancelled)
        /// PostgreSQL answered with an error; see ``PostgresError/sqlState``.
        package static let server = Code(.server)
        /// A column is absent or holds another type.
        package static let decoding = Code(.decoding)
        /// The statement was sent and no trustworthy answer came.
        package static let outcomeUnknown = Code(.outcomeUnknown)
    }

    /// Whether doing the same again can do it twice.
    package enum RetrySafety: Sendable, Hashable {
        /// Nothing happened: doing it again is doing it once.
        case safe
        /// It may have committed: repeat only what is idempotent, or look first.
        case outcomeUnknown
        /// Nothing happened, and the same will fail in the same way.
        case never
    }
}

extension PostgresError: CustomStringConvertible {
    /// The code, the message, and the SQLSTATE when there is one; the cause is left to the printer of the chain.
    package var description: String {
        "\(code): \(message)" + (sqlState.map { " [SQLSTATE \($0)]" } ?? "")
    }
}
