/// One value of a result while it is being decoded: its type and its bytes, in PostgreSQL's binary format.
///
/// The bytes belong to the result and must not be kept after the call that was given the cell.
package struct PostgresCell {
    let type: TypeIdentifier
    let bytes: UnsafeRawBufferPointer?

    /// Why a cell could not be read as a type; the row adds the column's name.
    package struct Mismatch: Error {
        let reason: String
    }

    /// The bytes of a cell that must not be NULL and must have one of the given types.
    func bytes(of accepted: TypeIdentifier...) throws(Mismatch) -> UnsafeRawBufferPointer {
        guard accepted.contains(type) else { throw Mismatch(reason: "it is \(type)") }
        guard let bytes else { throw Mismatch(reason: "it is NULL") }
        return bytes
    }
}

extension UnsafeRawBufferPointer {
    /// The big-endian integer at `offset`.
    func integer<Value: FixedWidthInteger>(
        _ type: Value.Type,
        at offset: Int = 0
    ) throws(PostgresCell.Mismatch) -> Value {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= count else {
            throw PostgresCell.Mismatch(reason: "its \(count) bytes are too few")
        }
        return Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
