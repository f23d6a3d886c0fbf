/// Why a command did not do what it was asked.
struct CommandError: Error {
    /// What went wrong; each code has one exit status.
    struct Code: Sendable, Hashable {
        let status: ExitStatus

        /// It was tried, or refused, and will not come true by itself.
        static let failed = Code(status: .failed)
        /// A setting or an argument is wrong.
        static let misused = Code(status: .misused)
        /// There is no such thing, or not for this caller.
        static let notFound = Code(status: .notFound)
        /// The token is missing or wrong, or its roles do not suffice.
        static let notAllowed = Code(status: .notAllowed)
        /// The API or the database does not answer.
        static let unreachable = Code(status: .unreachable)
        /// What was asked for goes on, but we stopped waiting.
        static let timedOut = Code(status: .timedOut)
    }

    let code: Code
    /// What failed and on what; empty when it has been said already.
    let message: String
    /// What to do next, where that can be known.
    let advice: String?
    let cause: (any Error)?

    init(_ code: Code, _ message: String, advice: String? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.advice = advice
        self.cause = cause
    }

    /// Message, the causes below it, and the advice, in one line.
    var line: String {
        let causes = sequence(first: cause, next: { ($0 as? any ChainedError)?.cause }).prefix { $0 != nil }
        let parts = [message] + causes.compactMap { $0.map(Self.message) }
        return parts.map(Self.clause).joined(separator: ": ") + (advice.map { "; \($0)" } ?? "")
    }

    private static func message(of error: any Error) -> String {
        (error as? any ChainedError)?.message ?? "\(error)"
    }

    /// A message as part of a line: on one line itself, and without a full stop.
    private static func clause(_ message: String) -> String {
        let line = message.split(whereSeparator: \.isWhitespace).joined(separator: " ").printable
        return line.hasSuffix(".") ? String(line.dropLast()) : line
    }
}

/// An error that keeps what is below it apart from its own message.
protocol ChainedError: Error {
    var message: String { get }
    var cause: (any Error)? { get }
}
