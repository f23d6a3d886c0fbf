package import Foundation

/// One parameter of a statement: a type and a value in PostgreSQL's binary format; `nil` is SQL's NULL of that type.
///
/// The type is sent too, so a parameter for a column of another type needs a cast in the SQL (`$1::text::regclass`).
/// It never prints its value.
package struct PostgresValue: Sendable {
    let type: TypeIdentifier
    let bytes: [UInt8]?

    private init(_ type: TypeIdentifier, _ bytes: [UInt8]?) {
        self.type = type
        self.bytes = bytes
    }

    /// A `uuid`.
    package static func uuid(_ value: UUID?) -> PostgresValue {
        PostgresValue(.uuid, value.map(WireFormat.bytes))
    }

    /// A `text`. PostgreSQL refuses the character U+0000 (SQLSTATE 22021).
    package static func text(_ value: String?) -> PostgresValue {
        PostgresValue(.text, value.map { Array($0.utf8) })
    }

    /// A `bigint`.
    package static func bigint(_ value: Int64?) -> PostgresValue {
        PostgresValue(.bigint, value.map(WireFormat.bytes))
    }

    /// An `integer`.
    package static func integer(_ value: Int32?) -> PostgresValue {
        PostgresValue(.integer, value.map(WireFormat.bytes))
    }

    /// A `smallint`.
    package static func smallint(_ value: Int16?) -> PostgresValue {
        PostgresValue(.smallint, value.map(WireFormat.bytes))
    }

    /// A `boolean`.
    package static func boolean(_ value: Bool?) -> PostgresValue {
        PostgresValue(.boolean, value.map { [$0 ? 1 : 0] })
    }

    /// A `double precision`.
    package static func double(_ value: Double?) -> PostgresValue {
        PostgresValue(.double, value.map { WireFormat.bytes($0.bitPattern) })
    }

    /// A `timestamptz`, exact to the microsecond; beyond PostgreSQL's range it becomes plus or minus infinity.
    package static func timestamp(_ value: Date?) -> PostgresValue {
        PostgresValue(.timestamp, value.map(WireFormat.bytes))
    }

    /// An `interval` without days or months, cut to whole microseconds.
    package static func interval(_ value: Duration?) -> PostgresValue {
        PostgresValue(.interval, value.map(WireFormat.bytes))
    }

    /// A `jsonb` from JSON text; PostgreSQL refuses text that is no JSON (SQLSTATE 22P02).
    package static func jsonb(_ value: String?) -> PostgresValue {
        PostgresValue(.jsonb, value.map(WireFormat.bytes(jsonb:)))
    }
}

extension PostgresValue {
    /// A `uuid[]`.
    package static func uuids(_ values: [UUID?]) -> PostgresValue {
        array(values, PostgresValue.uuid)
    }

    /// A `text[]`.
    package static func texts(_ values: [String?]?) -> PostgresValue {
        guard let values else { return PostgresValue(text(nil).type.array, nil) }
        return array(values, PostgresValue.text)
    }

    /// A `bigint[]`.
    package static func bigints(_ values: [Int64?]) -> PostgresValue {
        array(values, PostgresValue.bigint)
    }

    /// An `integer[]`.
    package static func integers(_ values: [Int32?]) -> PostgresValue {
        array(values, PostgresValue.integer)
    }

    /// A `boolean[]`.
    package static func booleans(_ values: [Bool?]) -> PostgresValue {
        array(values, PostgresValue.boolean)
    }

    /// A `double precision[]`.
    package static func doubles(_ values: [Double?]) -> PostgresValue {
        array(values, PostgresValue.double)
    }

    /// A `jsonb[]` from JSON texts.
    package static func jsonbs(_ values: [String?]) -> PostgresValue {
        array(values, PostgresValue.jsonb)
    }

    /// A `timestamptz[]`.
    package static func timestamps(_ values: [Date?]) -> PostgresValue {
        array(values, PostgresValue.timestamp)
    }

    private static func array<Element>(
        _ values: [Element?],
        _ encode: (Element?) -> PostgresValue
    ) -> PostgresValue {
        let elementType = encode(nil).type
        return PostgresValue(elementType.array, WireFormat.array(of: elementType, values.map { encode($0).bytes }))
    }
}

extension PostgresValue: CustomStringConvertible, CustomReflectable {
    /// The type; never the value.
    package var description: String { "PostgresValue(\(type))" }

    /// Empty, so that `dump` shows no value either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
