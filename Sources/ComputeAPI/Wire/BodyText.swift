import Foundation

/// What complaints about a body say of it: its values as Nova's language writes them, keys in the order in which they came.
struct BodyText {
    /// Where each key comes first in the whole body; keys with escapes come nowhere.
    private let order: [String: Int]

    /// - Parameter body: JSON.
    init(_ body: [UInt8]) {
        order = Self.order(of: body)
    }

    /// Says that a value does not fit, and where.
    func complaint(_ name: String, _ value: Any, _ words: String) -> APIFault {
        APIFault(.badRequest, place(name, value) + words)
    }

    /// The same; the words go on after the value.
    func misfit(_ name: String, _ value: Any, _ words: String) -> APIFault {
        complaint(name, value, "\(quote(value)) \(words)")
    }

    /// Where in a body something does not fit, as Nova begins to say it.
    func place(_ name: String, _ value: Any) -> String {
        "Invalid input for field/attribute \(name). Value: \((value as? String) ?? quote(value)). "
    }

    /// The keys of an object in the order of the body.
    func sorted(_ keys: some Sequence<String>) -> [String] {
        keys.sorted { (order[$0] ?? .max, $0) < (order[$1] ?? .max, $1) }
    }

    /// A value as Nova's language writes it.
    func quote(_ value: Any) -> String {
        switch value {
        case let text as String: Self.quoted(text)
        case is NSNull: "None"
        case _ where BodyObject.isBoolean(value): (value as? Bool) == true ? "True" : "False"
        case let array as [Any]: "[\(array.map(quote).joined(separator: ", "))]"
        case let object as [String: Any]: "{\(sorted(object.keys).map { member($0, object) }.joined(separator: ", "))}"
        default: "\(value)"
        }
    }

    private func member(_ key: String, _ object: [String: Any]) -> String {
        "\(Self.quoted(key)): \(object[key].map(quote) ?? "None")"
    }

    private static func order(of body: [UInt8]) -> [String: Int] {
        let quote = UInt8(ascii: "\"")
        var order: [String: Int] = [:]
        var (start, last, isEscaped) = (Int?.none, body[..<0], false)
        for (index, byte) in body.enumerated() {
            switch (start, byte) {
            case (_?, _) where isEscaped: isEscaped = false
            case (_?, UInt8(ascii: "\\")): isEscaped = true
            case (let opening?, quote): (start, last) = (nil, body[opening..<index])
            case (nil, quote): start = index + 1
            case (nil, UInt8(ascii: ":")):
                let key = String(decoding: last, as: UTF8.self)
                order[key] = order[key] ?? order.count
            default: break
            }
        }
        return order
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
