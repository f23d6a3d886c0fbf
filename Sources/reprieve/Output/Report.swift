import Foundation

/// One field of a record: said once, shown in tables and in JSON.
struct Field<Record>: Sendable {
    /// The key in JSON, a promise to programs.
    let key: String
    /// Over its column.
    let title: String
    /// Whether a list has a column for it; JSON and a single record show every field.
    let isColumn: Bool
    let value: @Sendable (Record) -> FieldValue

    /// - Parameter title: the words of the key unless given.
    init(
        _ key: String,
        title: String? = nil,
        isColumn: Bool = true,
        _ value: @escaping @Sendable (Record) -> FieldValue
    ) {
        self.key = key
        self.title = title ?? key.uppercased().replacing("_", with: " ")
        self.isColumn = isColumn
        self.value = value
    }
}

/// How records of one kind are shown.
struct Report<Record>: Sendable {
    let fields: [Field<Record>]

    init(_ fields: [Field<Record>]) {
        self.fields = fields
    }

    /// A table with a header line, or a JSON array of objects.
    func list(_ records: [Record], asJSON: Bool) throws -> String {
        if asJSON { return try Self.json(records.map(object)) }
        let columns = fields.filter(\.isColumn)
        return Table.layout([columns.map(\.title)] + records.map { record in columns.map { $0.value(record).shown } })
    }

    /// A table that ends with a line for all of them, or a JSON object with the members `name` and `total`.
    func list(_ records: [Record], named name: String, total: Record, asJSON: Bool) throws -> String {
        guard asJSON else { return try list(records + [total], asJSON: false) }
        return try Self.json([name: Value.list(records.map(object)), "total": .object(object(total))])
    }

    /// One record with its parts below it: a line for each field and then a table, or a JSON object with the parts under
    /// `name`.
    func show<Part>(
        _ record: Record,
        with parts: [Part],
        _ report: Report<Part>,
        named name: String,
        asJSON: Bool
    ) throws -> String {
        guard asJSON else {
            let table = try parts.isEmpty ? "" : "\n\n" + report.list(parts, asJSON: false)
            return try show(record, asJSON: false) + table
        }
        var members = object(record).mapValues { Value.field($0) }
        members[name] = .list(parts.map(report.object))
        return try Self.json(members)
    }

    /// What a member of a JSON document can be.
    private enum Value: Encodable {
        case field(FieldValue)
        case object([String: FieldValue])
        case list([[String: FieldValue]])

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .field(let value): try value.encode(to: encoder)
            case .object(let members): try members.encode(to: encoder)
            case .list(let objects): try objects.encode(to: encoder)
            }
        }
    }

    /// One line for each field, or a JSON object.
    func show(_ record: Record, asJSON: Bool) throws -> String {
        if asJSON { return try Self.json(object(record)) }
        return Table.layout(fields.map { [$0.title.lowercased(), $0.value(record).shown] })
    }

    private func object(_ record: Record) -> [String: FieldValue] {
        Dictionary(uniqueKeysWithValues: fields.map { ($0.key, $0.value(record)) })
    }

    private static func json(_ document: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(document), as: UTF8.self)
    }
}
