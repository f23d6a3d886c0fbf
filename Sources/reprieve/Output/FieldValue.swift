import Foundation

/// The value of one field, for people and for programs.
enum FieldValue: Sendable, Hashable {
    case none
    case text(String)
    case number(Int)
    case flag(Bool)
    case time(Date)
    case texts([String])
    /// A length of time in whole seconds; negative is over.
    case seconds(Int)

    static func of(_ value: String?) -> FieldValue { value.map(FieldValue.text) ?? .none }
    static func of(_ value: Int?) -> FieldValue { value.map(FieldValue.number) ?? .none }
    static func of(_ value: Bool?) -> FieldValue { value.map(FieldValue.flag) ?? .none }
    static func of(_ value: Date?) -> FieldValue { value.map(FieldValue.time) ?? .none }

    /// As a person reads it.
    var shown: String {
        switch self {
        case .none: "-"
        case .text(let text): text.printable
        case .number(let number): String(number)
        case .flag(let flag): flag ? "yes" : "no"
        case .time(let time): time.formatted(.iso8601)
        case .texts(let texts): texts.isEmpty ? "-" : texts.joined(separator: ",").printable
        case .seconds(let seconds): TimeText.short(.seconds(seconds))
        }
    }
}

extension FieldValue: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .none: try container.encodeNil()
        case .text(let text): try container.encode(text)
        case .number(let number), .seconds(let number): try container.encode(number)
        case .flag(let flag): try container.encode(flag)
        case .time(let time):
            try container.encode(time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
        case .texts(let texts): try container.encode(texts)
        }
    }
}
