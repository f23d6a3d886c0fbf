/// What a text in a body must look like, and Nova's words for one that does not.
struct TextPattern: Sendable {
    let allows: @Sendable (String) -> Bool
    /// From the key, the text, and the text as Nova's language writes it.
    let complaint: @Sendable (_ key: String, _ text: String, _ quoted: String) -> APIFault

    /// The name of something: printable characters, and no blanks around them.
    static let name = TextPattern {
        let scalars = $0.unicodeScalars
        return scalars.allSatisfy(isPrintable) && ![scalars.first, scalars.last].contains { $0.map(isBlank) ?? false }
    } complaint: { _, _, _ in
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

    /// Nova's pattern lists every character that is printable, which is some pages.
    static let printable = matching("the printable characters", isPrintable)

    private static func matching(
        _ words: String,
        _ allows: @escaping @Sendable (Unicode.Scalar) -> Bool
    ) -> TextPattern {
        TextPattern {
            $0.unicodeScalars.allSatisfy(allows)
        } complaint: { key, text, quoted in
            APIFault(.badRequest, BodyObject.place(key, text) + "\(quoted) does not match '\(words)'")
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
