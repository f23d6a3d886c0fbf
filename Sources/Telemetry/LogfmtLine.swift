/// One line of `key=value` pairs: values are quoted where they need it, and nothing in them can start a new line.
struct LogfmtLine {
    private(set) var text = ""

    /// Appends a pair. In the key, whatever could be taken for the end of it becomes an underscore.
    mutating func append(_ key: String, _ value: String) {
        if !text.isEmpty { text += " " }
        appendKey(key)
        text += "="
        if Self.isBare(value) { text += value } else { appendQuoted(value) }
    }

    private mutating func appendKey(_ key: String) {
        if Self.isBare(key) {
            text += key
            return
        }
        for scalar in key.unicodeScalars {
            text.unicodeScalars.append(Self.isBare(scalar) ? scalar : "_")
        }
    }

    private mutating func appendQuoted(_ value: String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where Self.isControl(scalar): appendEscaped(scalar)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    private mutating func appendEscaped(_ scalar: Unicode.Scalar) {
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func isBare(_ value: String) -> Bool {
        !value.isEmpty && value.unicodeScalars.allSatisfy { isBare($0) }
    }

    // Nearly every line is ASCII, and to ask Unicode's tables for each of its characters was most of what it cost.

    private static func isBare(_ scalar: Unicode.Scalar) -> Bool {
        guard scalar != "=", scalar != "\"", scalar != "\\", !isControl(scalar) else { return false }
        return scalar.isASCII ? scalar != " " : !scalar.properties.isWhitespace
    }

    /// Control and format characters, and the two separators that some viewers break a line at.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
