import Foundation

/// An object in the body of a request, whose values are read one by one, with Nova's words for what does not fit.
struct BodyObject {
    private let name: String?
    private let members: [String: Any]

    /// The object under the only key of a body.
    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ body: [UInt8], under key: String) throws(APIFault) {
        let root = try BodyObject(body)
        try root.allow([key])
        guard let value = root.members[key] else {
            throw APIFault(.badRequest, "'\(key)' is a required property")
        }
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
    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ value: Any, name: String) throws(APIFault) {
        guard let members = value as? [String: Any] else {
            throw Self.complaint(name, value, "\(Self.text(value)) is not of type 'object'")
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
        let others = self.keys.subtracting(keys).sorted().map { "'\($0)'" }
        guard !others.isEmpty else { return }
        let verb = others.count == 1 ? "was" : "were"
        let message = "Additional properties are not allowed (\(others.joined(separator: ", ")) \(verb) unexpected)"
        guard let name else { throw APIFault(.badRequest, message) }
        throw Self.complaint(name, members, message)
    }

    /// A text of 1 ... `longest` characters, also an empty one where that is allowed; nil when the key is not there.
    func text(_ key: String, longest: Int = 255, mayBeEmpty: Bool = false) throws(APIFault) -> String? {
        guard let value = members[key] else { return nil }
        guard let text = value as? String else {
            throw Self.complaint(key, value, "\(Self.text(value)) is not of type 'string'")
        }
        guard mayBeEmpty || !text.isEmpty else { throw Self.complaint(key, value, "'' should be non-empty") }
        guard text.unicodeScalars.count <= longest, !text.contains("\0") else {
            throw Self.complaint(key, value, "'\(text)' is too long")
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
        let plain = (value as? String) ?? text(value)
        return APIFault(.badRequest, "Invalid input for field/attribute \(name). Value: \(plain). \(complaint)")
    }

    /// A value as Nova's language writes it.
    private static func text(_ value: Any) -> String {
        switch value {
        case let text as String: "'\(text)'"
        case is NSNull: "None"
        case _ where isBoolean(value): (value as? Bool) == true ? "True" : "False"
        case let array as [Any]: "[\(array.map(text).joined(separator: ", "))]"
        case let object as [String: Any]:
            "{\(object.sorted { $0.key < $1.key }.map { "'\($0.key)': \(text($0.value))" }.joined(separator: ", "))}"
        default: "\(value)"
        }
    }
}
