import Foundation

/// An object in the body of a request, whose values are read one by one, with Nova's words for what does not fit.
struct BodyObject {
    private let name: String?
    private let members: [String: Any]

    /// The object under the only key of a body.
    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ body: [UInt8], under key: String) throws(APIFault) {
        let root = try BodyObject(body)
        guard let value = root.members[key] else {
            throw APIFault(.badRequest, "'\(key)' is a required property")
        }
        try root.allow([key])
        try self.init(value, name: key)
    }

    /// The whole of a body.
    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ body: [UInt8]) throws(APIFault) {
        let value: Any = body.isEmpty ? NSNull() : try JSONBody.parse(body)
        guard let members = value as? [String: Any] else {
            throw APIFault(.badRequest, "\(Self.text(value)) is not of type 'object'")
        }
        (name, self.members) = (nil, members)
    }

    /// A value that must be an object.
    /// - Parameter orNull: whether null would do as well, which the complaint says.
    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ value: Any, name: String, orNull: Bool = false) throws(APIFault) {
        guard let members = value as? [String: Any] else {
            let types = orNull ? "'object', 'null'" : "'object'"
            throw Self.complaint(name, value, "\(Self.text(value)) is not of type \(types)")
        }
        (self.name, self.members) = (name, members)
    }

    var keys: Set<String> { Set(members.keys) }

    /// Whether the key is there and null.
    func isNull(_ key: String) -> Bool {
        members[key] is NSNull
    }

    /// - Throws: ``APIFault`` `.badRequest` for a key that is none of these.
    func allow(_ keys: Set<String>) throws(APIFault) {
        let others = self.keys.subtracting(keys).sorted()
        guard !others.isEmpty else { return }
        throw .additional(others, in: name.map { Self.place($0, members) } ?? "")
    }

    /// A text of 1 ... 255 characters, also an empty one where that is allowed; nil when the key is not there.
    /// - Parameters:
    ///   - orNull: whether null would do as well, which the complaint says.
    ///   - pattern: what it must look like; nil allows everything but U+0000.
    func text(
        _ key: String,
        mayBeEmpty: Bool = false,
        orNull: Bool = false,
        like pattern: TextPattern? = nil
    ) throws(APIFault) -> String? {
        guard let value = members[key] else { return nil }
        guard let text = value as? String else {
            let types = orNull ? "'string', 'null'" : "'string'"
            throw Self.complaint(key, value, "\(Self.text(value)) is not of type \(types)")
        }
        if let pattern, !pattern.allows(text) { throw pattern.complaint(key, text, Self.text(text)) }
        guard mayBeEmpty || !text.isEmpty else { throw Self.complaint(key, value, "'' should be non-empty") }
        guard text.unicodeScalars.count <= 255, !text.contains("\0") else {
            throw Self.complaint(key, value, "\(Self.text(text)) is too long")
        }
        return text
    }

    /// One of these words; nil when the key is not there.
    func word(_ key: String, of words: [String]) throws(APIFault) -> String? {
        guard let text = try text(key, mayBeEmpty: true) else { return nil }
        guard words.contains(text) else {
            let list = words.map { "'\($0)'" }.joined(separator: ", ")
            throw Self.complaint(key, text, "\(Self.text(text)) is not one of [\(list)]")
        }
        return text
    }

    /// A whole number, also as digits in a text, as Nova takes it; nil when the key is not there.
    func integer(_ key: String, from lowest: Int, to highest: Int = Int(Int32.max)) throws(APIFault) -> Int? {
        guard let value = members[key] else { return nil }
        guard let number = Self.integer(value) else {
            let complaint = value is String ? "does not match '^-?[0-9]+$'" : "is not of type 'integer', 'string'"
            throw Self.complaint(key, value, "\(Self.text(value)) \(complaint)")
        }
        guard number >= lowest else {
            throw Self.complaint(key, value, "\(number) is less than the minimum of \(lowest)")
        }
        guard number <= highest else {
            throw Self.complaint(key, value, "\(number) is greater than the maximum of \(highest)")
        }
        return number
    }

    /// Yes or no in any of the words that Nova takes; nil when the key is not there.
    func boolean(_ key: String) throws(APIFault) -> Bool? {
        guard let value = members[key] else { return nil }
        if let flag = Self.boolean(value) { return flag }
        guard let word = value as? String else {
            throw Self.complaint(key, value, "\(Self.text(value)) is not of type 'boolean', 'string'")
        }
        if Self.yes.contains(word) { return true }
        if Self.no.contains(word) { return false }
        let (yes, no) = (Self.yes.map { "'\($0)'" }, Self.no.map { "'\($0)'" })
        let words = (["True"] + yes + ["False"] + no).joined(separator: ", ")
        throw Self.complaint(key, value, "\(Self.text(value)) is not one of [\(words)]")
    }

    private static let yes = ["True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"]
    private static let no = ["False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"]

    /// - Throws: ``APIFault`` `.badRequest` when the key is not there.
    func require(_ key: String) throws(APIFault) {
        guard members[key] == nil else { return }
        let message = "'\(key)' is a required property"
        guard let name else { throw APIFault(.badRequest, message) }
        throw Self.complaint(name, members, message)
    }

    /// The value of a JSON boolean; nil for anything else.
    static func boolean(_ value: Any) -> Bool? {
        isBoolean(value) ? value as? Bool : nil
    }

    private static func integer(_ value: Any) -> Int? {
        if isBoolean(value) { return nil }
        guard let text = value as? String else { return value as? Int }
        return text.wholeMatch(of: /-?[0-9]+/) == nil ? nil : Int(text)
    }

    /// The parser gives a number for a boolean, and a boolean for a number where one is asked for.
    private static func isBoolean(_ value: Any) -> Bool {
        guard let number = value as? NSNumber else { return value is Bool }
        return String(cString: number.objCType) == "c"
    }

    private static func complaint(_ name: String, _ value: Any, _ complaint: String) -> APIFault {
        APIFault(.badRequest, place(name, value) + complaint)
    }

    /// Where in a body something does not fit, as Nova begins to say it.
    static func place(_ name: String, _ value: Any) -> String {
        "Invalid input for field/attribute \(name). Value: \((value as? String) ?? text(value)). "
    }

    /// A value as Nova's language writes it.
    private static func text(_ value: Any) -> String {
        switch value {
        case let text as String: quoted(text)
        case is NSNull: "None"
        case _ where isBoolean(value): (value as? Bool) == true ? "True" : "False"
        case let array as [Any]: "[\(array.map(text).joined(separator: ", "))]"
        case let object as [String: Any]:
            "{\(object.sorted { $0.key < $1.key }.map { "'\($0.key)': \(text($0.value))" }.joined(separator: ", "))}"
        default: "\(value)"
        }
    }

    private static func quoted(_ text: String) -> String {
        let quote = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\n": "\\n"
            case "\r": "\\r"
            case "\t": "\\t"
            case "\\": "\\\\"
            case "'" where quote == "'": "\\'"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                "\\x" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
            default: String(scalar)
            }
        }
        return quote + escaped.joined() + quote
    }
}
