import Foundation

/// An object in the body of a request, whose values are read one by one, with Nova's words for what does not fit.
struct BodyObject {
    private let name: String?
    private let members: [String: Any]
    /// What was sent, for the order of its keys.
    private let source: [UInt8]

    /// The object under the only key of a body.
    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ body: [UInt8], under key: String) throws(APIFault) {
        let root = try BodyObject(body)
        guard let value = root.members[key] else {
            throw APIFault(.badRequest, "'\(key)' is a required property")
        }
        try root.allow([key])
        try self.init(value, name: key, in: body)
    }

    /// The whole of a body.
    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ body: [UInt8]) throws(APIFault) {
        let value: Any = body.isEmpty ? NSNull() : try JSONBody.parse(body)
        guard let members = value as? [String: Any] else {
            throw APIFault(.badRequest, "\(BodyText(body).quote(value)) is not of type 'object'")
        }
        (name, self.members, source) = (nil, members, body)
    }

    /// A value that must be an object.
    /// - Parameters:
    ///   - orNull: whether null would do as well, which the complaint says.
    ///   - body: where it stands.
    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ value: Any, name: String, orNull: Bool = false, in body: [UInt8]) throws(APIFault) {
        guard let members = value as? [String: Any] else {
            let types = orNull ? "'object', 'null'" : "'object'"
            throw BodyText(body).misfit(name, value, "is not of type \(types)")
        }
        (self.name, self.members, source) = (name, members, body)
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
        throw .additional(others, in: name.map { BodyText(source).place($0, members) } ?? "")
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
            throw misfit(key, value, "is not of type \(types)")
        }
        if let pattern, !pattern.allows(text) { throw pattern.complaint(key, text) }
        guard mayBeEmpty || !text.isEmpty else { throw complaint(key, value, "'' should be non-empty") }
        guard text.unicodeScalars.count <= 255, !text.contains("\0") else {
            throw misfit(key, value, "is too long")
        }
        return text
    }

    /// One of these words; nil when the key is not there.
    func word(_ key: String, of words: [String]) throws(APIFault) -> String? {
        guard let text = try text(key, mayBeEmpty: true) else { return nil }
        guard words.contains(text) else {
            let list = words.map { "'\($0)'" }.joined(separator: ", ")
            throw misfit(key, text, "is not one of [\(list)]")
        }
        return text
    }

    /// A whole number, also as digits in a text, as Nova takes it; nil when the key is not there.
    func integer(_ key: String, from lowest: Int, to highest: Int = Int(Int32.max)) throws(APIFault) -> Int? {
        guard let value = members[key] else { return nil }
        guard let number = Self.integer(value) else {
            let complaint = value is String ? "does not match '^-?[0-9]+$'" : "is not of type 'integer', 'string'"
            throw misfit(key, value, complaint)
        }
        guard number >= lowest else {
            throw complaint(key, value, "\(number) is less than the minimum of \(lowest)")
        }
        guard number <= highest else {
            throw complaint(key, value, "\(number) is greater than the maximum of \(highest)")
        }
        return number
    }

    /// Yes or no in any of the words that Nova takes; nil when the key is not there.
    func boolean(_ key: String) throws(APIFault) -> Bool? {
        guard let value = members[key] else { return nil }
        if let flag = Self.boolean(value) { return flag }
        guard let word = value as? String else {
            throw misfit(key, value, "is not of type 'boolean', 'string'")
        }
        if Self.yes.contains(word) { return true }
        if Self.no.contains(word) { return false }
        let (yes, no) = (Self.yes.map { "'\($0)'" }, Self.no.map { "'\($0)'" })
        let words = (["True"] + yes + ["False"] + no).joined(separator: ", ")
        throw misfit(key, value, "is not one of [\(words)]")
    }

    private static let yes = ["True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"]
    private static let no = ["False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"]

    /// - Throws: ``APIFault`` `.badRequest` when the key is not there.
    func require(_ key: String) throws(APIFault) {
        guard members[key] == nil else { return }
        let message = "'\(key)' is a required property"
        guard let name else { throw APIFault(.badRequest, message) }
        throw complaint(name, members, message)
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
    static func isBoolean(_ value: Any) -> Bool {
        guard let number = value as? NSNumber else { return value is Bool }
        return String(cString: number.objCType) == "c"
    }

    private func complaint(_ name: String, _ value: Any, _ words: String) -> APIFault {
        BodyText(source).complaint(name, value, words)
    }

    private func misfit(_ name: String, _ value: Any, _ words: String) -> APIFault {
        BodyText(source).misfit(name, value, words)
    }
}
