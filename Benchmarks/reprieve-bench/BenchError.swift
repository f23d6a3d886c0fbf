/// Why the benchmark could not measure.
struct BenchError: Error, Sendable, CustomStringConvertible {
    struct Code: Sendable, Hashable {
        enum Value { case misused, missing, failed }
        let value: Value
        /// The call is wrong: a variable is not set, or the database is not one that may be emptied.
        static let misused = Code(value: .misused)
        /// A program that the benchmark starts is not there.
        static let missing = Code(value: .missing)
        /// What was started did not do its work.
        static let failed = Code(value: .failed)
    }

    let code: Code
    let message: String
    let cause: (any Error)?

    init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    var description: String { cause.map { "\(message): \($0)" } ?? message }

    /// As sysexits.h has it: 64 for a call that is wrong, 1 for everything else.
    var exitStatus: Int32 { code == .misused ? 64 : 1 }
}
