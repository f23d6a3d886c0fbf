package import Foundation

/// A type that can be read from a column of a result.
///
/// | Swift | PostgreSQL |
/// |---|---|
/// | `String` | text, varchar, char, name, json, jsonb |
/// | `Bool` | boolean |
/// | `Int16`, `Int32`, `Int64`, `Int` | smallint, integer, bigint, when the number fits |
/// | `Double` | real, double precision |
/// | `UUID` | uuid |
/// | `Date` | timestamptz, except infinity |
/// | `Duration` | interval without months; a day is 24 hours |
/// | `[T]` | one-dimensional array |
/// | `T?` | any of these, or NULL |
///
/// Anything else is cast in the SQL.
package protocol PostgresDecodable {
    /// Reads the value of a cell.
    /// - Throws: ``PostgresCell/Mismatch`` when the cell is NULL, has another type or does not fit.
    static func decode(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> Self
}

extension String: PostgresDecodable {
    /// Reads text, or the text of a JSON value.
    package static func decode(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> String {
        let bytes = try cell.bytes(of: .text, .varchar, .character, .name, .json, .jsonb, .unknown)
        // The first byte of a jsonb is the version of its format.
        return String(decoding: cell.type == .jsonb ? bytes.dropFirst() : bytes[...], as: UTF8.self)
    }
}

extension Bool: PostgresDecodable {
    /// Reads a boolean.
    package static func decode(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> Bool {
        try cell.bytes(of: .boolean).integer(UInt8.self) != 0
    }
}

extension FixedWidthInteger where Self: PostgresDecodable {
    /// Reads an integer of any width, when the number fits.
    package static func decode(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> Self {
        let bytes = try cell.bytes(of: .smallint, .integer, .bigint)
        let number: Int64 =
            switch cell.type {
            case .smallint: Int64(try bytes.integer(Int16.self))
            case .integer: Int64(try bytes.integer(Int32.self))
            default: try bytes.integer(Int64.self)
            }
        guard let value = Self(exactly: number) else { throw PostgresCell.Mismatch(reason: "the number does not fit") }
        return value
    }
}

extension Int16: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int64: PostgresDecodable {}
extension Int: PostgresDecodable {}

extension Double: PostgresDecodable {
    /// Reads a floating-point number of either width.
    package static func decode(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> Double {
        let bytes = try cell.bytes(of: .double, .real)
        guard cell.type == .double else { return Double(Float(bitPattern: try bytes.integer(UInt32.self))) }
        return Double(bitPattern: try bytes.integer(UInt64.self))
    }
}

extension UUID: PostgresDecodable {
    /// Reads a uuid.
    package static func decode(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> UUID {
        let bytes = try cell.bytes(of: .uuid)
        guard bytes.count == MemoryLayout<uuid_t>.size else { throw PostgresCell.Mismatch(reason: "it is no uuid") }
        return UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }
}

extension Date: PostgresDecodable {
    /// Reads a point in time, exact to the microsecond; infinity is refused.
    package static func decode(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> Date {
        let microseconds = try cell.bytes(of: .timestamp).integer(Int64.self)
        guard let date = WireFormat.date(microseconds: microseconds) else {
            throw PostgresCell.Mismatch(reason: "infinity is no date")
        }
        return date
    }
}

extension Duration: PostgresDecodable {
    /// Reads an interval; one with months is refused, since a month has no fixed length.
    package static func decode(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> Duration {
        let bytes = try cell.bytes(of: .interval)
        guard try bytes.integer(Int32.self, at: 12) == 0 else {
            throw PostgresCell.Mismatch(reason: "an interval of months has no fixed length")
        }
        let days = try bytes.integer(Int32.self, at: 8)
        return .seconds(Int64(days) * 86_400) + .microseconds(try bytes.integer(Int64.self))
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// Reads NULL as `nil`.
    package static func decode(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> Wrapped? {
        cell.bytes == nil ? nil : try Wrapped.decode(cell)
    }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
    /// Reads an array of at most one dimension.
    package static func decode(_ cell: PostgresCell) throws(PostgresCell.Mismatch) -> [Element] {
        try ArrayFormat(cell).elements().map { (element) throws(PostgresCell.Mismatch) in
            try Element.decode(element)
        }
    }
}
