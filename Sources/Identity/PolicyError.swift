/// Why a policy cannot be used. Its description is one line for the operator, not for callers.
package struct PolicyError: Error, Sendable, CustomStringConvertible {
    /// What went wrong.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String {
            case unreadable, malformed, remote, cyclic, tooLarge, undecidable
        }
        private let value: Value

        /// The file is not there, may not be read, or is not made of names and rules.
        package static let unreadable = Code(value: .unreadable)
        /// A rule is not of the language.
        package static let malformed = Code(value: .malformed)
        /// A rule asks another server, which we never do.
        package static let remote = Code(value: .remote)
        /// Rules refer to each other in a circle.
        package static let cyclic = Code(value: .cyclic)
        /// Rules refer to each other so often that answering one takes too long.
        package static let tooLarge = Code(value: .tooLarge)
        /// A check cannot be applied to what it meets; oslo.policy raises an error there.
        package static let undecidable = Code(value: .undecidable)

        /// Its name, as logs have it.
        package var description: String { value.rawValue }
    }

    /// What sort of mistake it is.
    package let code: Code
    /// What is wrong, without saying where.
    package var message: String
    /// The file, and the line where there is one: `policy.yaml:3`.
    package var place: String?
    /// The name of the rule.
    package var rule: String?
    /// The character of the rule's text where it goes wrong, from 1.
    package var position: Int?
    /// What it comes from, where that is another error.
    package var cause: (any Error)?

    /// - Parameter position: of the character in the rule's text, from 1.
    package init(_ code: Code, _ message: String, position: Int? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.position = position
        self.cause = cause
    }

    /// Where and what, in one line.
    package var description: String {
        let character = position.map { "at character \($0)" }
        let subject = [rule.map { "rule '\($0)'" }, character].compactMap(\.self).joined(separator: " ")
        let parts = [place, subject.isEmpty ? nil : subject, message].compactMap(\.self)
        return parts.joined(separator: ": ")
    }
}
