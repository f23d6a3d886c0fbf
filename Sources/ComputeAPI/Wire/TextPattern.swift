import Foundation

/// What a text in a body must look like, and Nova's words for one that does not.
struct TextPattern: Sendable {
    let allows: @Sendable (String) -> Bool
    let complaint: @Sendable (_ key: String, _ text: String) -> APIFault

    /// The name of something: printable characters, and no blanks around them.
    static let name = TextPattern {
        let scalars = $0.unicodeScalars
        return scalars.allSatisfy(isPrintable) && ![scalars.first, scalars.last].contains { $0.map(isBlank) ?? false }
    } complaint: { _, _ in
        APIFault(
            .badRequest,
            "An invalid 'name' value was provided. The name must be: printable characters. "
                + "Can not start or end with whitespace."
        )
    }

    static let host = matching("^[a-zA-Z0-9-._]*$") { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            || ["-", ".", "_"].contains(scalar)
    }

    static let hostname = TextPattern { text in
        let bytes = text.utf8
        guard bytes.count > 1, let first = bytes.first, let last = bytes.last else { return false }
        return isLetterOrDigit(first) && isLetterOrDigit(last)
            && bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    } complaint: { key, text in
        misfit(key, text, "does not match '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$'")
    }

    static let ipv4 = address("ipv4", of: AF_INET)
    static let ipv6 = address("ipv6", of: AF_INET6)

    /// Nova's pattern lists every character that is printable, which is some pages.
    static let printable = matching("the printable characters", isPrintable)

    private static func matching(
        _ words: String,
        _ allows: @escaping @Sendable (Unicode.Scalar) -> Bool
    ) -> TextPattern {
        TextPattern {
            $0.unicodeScalars.allSatisfy(allows)
        } complaint: { key, text in
            misfit(key, text, "does not match '\(words)'")
        }
    }

    private static func address(_ format: String, of family: Int32) -> TextPattern {
        TextPattern { text in
            // Room for either family.
            var parsed = in6_addr()
            return inet_pton(family, text, &parsed) == 1
        } complaint: { key, text in
            misfit(key, text, "is not a '\(format)'")
        }
    }

    private static func misfit(_ key: String, _ text: String, _ complaint: String) -> APIFault {
        BodyText([]).misfit(key, text, complaint)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .spaceSeparator
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
