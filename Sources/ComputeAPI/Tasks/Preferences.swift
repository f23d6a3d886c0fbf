import HTTPTypes

/// What a caller would like of the answer: the header `Prefer` (RFC 7240). What cannot be read is not preferred.
enum Preferences {
    /// How long the caller would wait for something to happen, in whole seconds; nil: not at all.
    static func wait(_ headers: HTTPFields) -> Int? {
        for preference in headers[values: .prefer].flatMap({ $0.split(separator: ",") }) {
            let parts = preference.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, trimmed(parts[0]).lowercased() == "wait" else { continue }
            let value = trimmed(parts[1]).filter { $0 != "\"" }
            guard !value.isEmpty, value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
            else { return nil }
            // Digits that make no number make one that is too large.
            let seconds = Int(value) ?? .max
            return seconds > 0 ? seconds : nil
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
