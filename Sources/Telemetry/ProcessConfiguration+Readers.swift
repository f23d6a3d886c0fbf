import Foundation

/// Readers for one key each. A value that is not allowed is a ``ConfigurationError`` that names the key, and the value
/// unless it is secret.
extension ProcessConfiguration {
    /// Reads a text as it stands.
    /// - Returns: nil when the key is not set; an empty value counts as not set.
    package func string(_ key: String) throws(ConfigurationError) -> String? {
        try value(key)?.text
    }

    /// Reads a text as it stands, or `default` when the key is not set or empty.
    package func string(_ key: String, default: String) throws(ConfigurationError) -> String {
        try string(key) ?? `default`
    }

    /// Reads a text that must be there.
    /// - Throws: ``ConfigurationError`` `.missing` when the key is not set or empty.
    package func requiredString(_ key: String) throws(ConfigurationError) -> String {
        guard let text = try string(key) else {
            throw ConfigurationError(.missing, key: key, message: "\(Self.name(key)) is not set")
        }
        return text
    }

    /// Reads a text that must be there and makes a value of it; what cannot be made is told with the key's name.
    ///
    /// The text is not shown, as it may be secret: the error of `make` must not show it either.
    /// - Throws: ``ConfigurationError`` `.missing` when the key is not set or empty, `.invalid` when `make` throws.
    package func required<Made>(_ key: String, _ make: (String) throws -> Made) throws(ConfigurationError) -> Made {
        let text = try requiredString(key)
        do {
            return try make(text)
        } catch {
            throw ConfigurationError(
                .invalid,
                key: key,
                message: "\(Self.name(key)) cannot be used: \("\(error)".oneLine)",
                cause: error
            )
        }
    }

    /// Reads a whole number in decimal digits.
    /// - Throws: ``ConfigurationError`` `.invalid` when it is no number or outside `range`.
    package func int(
        _ key: String,
        default: Int,
        in range: ClosedRange<Int>
    ) throws(ConfigurationError) -> Int {
        precondition(range.contains(`default`), "the default of \(key) is outside its range")
        guard let value = try value(key) else { return `default` }
        guard let number = Int(value.text), range.contains(number) else {
            throw invalid(value, expected: "a whole number within \(range.lowerBound) ... \(range.upperBound)")
        }
        return number
    }

    /// Reads a length of time, written as a whole number and a unit: `500ms`, `30s`, `5m`, `2h` or `7d`.
    /// - Throws: ``ConfigurationError`` `.invalid` when it is none or outside `range`.
    package func duration(
        _ key: String,
        default: Duration,
        in range: ClosedRange<Duration>
    ) throws(ConfigurationError) -> Duration {
        precondition(range.contains(`default`), "the default of \(key) is outside its range")
        guard let value = try value(key) else { return `default` }
        guard let duration = DurationText.parse(value.text), range.contains(duration) else {
            let (least, most) = (DurationText.print(range.lowerBound), DurationText.print(range.upperBound))
            throw invalid(value, expected: "a duration such as 500ms, 30s, 5m, 2h or 7d, within \(least) ... \(most)")
        }
        return duration
    }

    /// Reads a yes or no: `true`, `yes`, `on`, `1`, or `false`, `no`, `off`, `0`, in any case of letters.
    /// - Throws: ``ConfigurationError`` `.invalid` when it is anything else.
    package func bool(_ key: String, default: Bool) throws(ConfigurationError) -> Bool {
        guard let value = try value(key) else { return `default` }
        switch value.text.lowercased() {
        case "true", "yes", "on", "1": return true
        case "false", "no", "off", "0": return false
        default: throw invalid(value, expected: "true or false")
        }
    }

    /// Reads a list: parts between commas, or an array of texts in the JSON file. Spaces around a part and empty parts
    /// are dropped.
    package func strings(_ key: String, default: [String]) throws(ConfigurationError) -> [String] {
        guard let value = try value(key) else { return `default` }
        return value.text.split(separator: ",")
            .map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }

    /// Reads one of a fixed list of words.
    /// - Throws: ``ConfigurationError`` `.invalid` when it is no word of the list; the message lists them.
    package func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        default: Value
    ) throws(ConfigurationError) -> Value {
        guard let value = try value(key) else { return `default` }
        guard let choice = Value(rawValue: value.text) else {
            throw invalid(value, expected: "one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }
}
