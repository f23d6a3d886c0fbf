import Configuration

/// Finding a value as text, whatever source it comes from and however that spells it.
extension ProcessConfiguration {
    /// A value that is set.
    struct Value {
        var key: String
        var text: String
        var isSecret: Bool
    }

    /// Finds the value of a key in the first source that has one; nil when none has, or when it is empty there, so that
    /// an operator can clear a setting with an empty variable.
    func value(_ key: String) throws(ConfigurationError) -> Value? {
        for provider in providers {
            guard let value = try value(key, in: provider) else { continue }
            return value.text.isEmpty ? nil : value
        }
        return nil
    }

    /// What is wrong with a value, in one line.
    func invalid(_ value: Value, expected: String) -> ConfigurationError {
        let shown = value.isSecret ? "a secret value" : value.text.prefix(80).debugDescription
        return ConfigurationError(
            .invalid,
            key: value.key,
            message: "\(Self.name(value.key)) is \(shown): expected \(expected)"
        )
    }

    /// A key with the name of its environment variable, since an operator knows one or the other.
    static func name(_ key: String) -> String {
        var variable = "REPRIEVE_"
        var previous: Character = "_"
        for character in key {
            if character.isUppercase, previous.isLowercase { variable += "_" }
            variable += character.isLetter || character.isNumber ? character.uppercased() : "_"
            previous = character
        }
        return "\(key) (\(variable))"
    }

    /// A source throws when it has the key but not as the type that it is asked for: numbers, yes-or-no and lists of a
    /// JSON file are no texts. So each type is tried, and only a value that is none of them is an error.
    private func value(_ key: String, in provider: any ConfigProvider) throws(ConfigurationError) -> Value? {
        var failure: (any Error)?
        for type in [ConfigType.string, .double, .stringArray] {
            do {
                let found = try provider.value(forKey: AbsoluteConfigKey(ConfigKey(key)), type: type)
                return found.value.map { Value(key: key, text: Self.text($0.content), isSecret: $0.isSecret) }
            } catch {
                failure = error
            }
        }
        throw ConfigurationError(
            .invalid,
            key: key,
            message: "\(Self.name(key)) is neither a text nor a number nor a list of texts",
            cause: failure
        )
    }

    private static func text(_ content: ConfigContent) -> String {
        switch content {
        case .string(let text): text
        case .double(let number): Int(exactly: number).map { "\($0)" } ?? "\(number)"
        case .stringArray(let texts): texts.joined(separator: ",")
        default: preconditionFailure("no other type is asked for")
        }
    }
}
