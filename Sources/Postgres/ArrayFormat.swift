/// Splits the binary format of an array into its elements.
struct ArrayFormat {
    private static let headerLength = 12
    private static let dimensionLength = 8

    private let bytes: UnsafeRawBufferPointer
    private let elementType: TypeIdentifier
    private let count: Int

    /// Reads the header: the number of dimensions, a flag, the type of the elements, and the length of the dimension.
    init(_ cell: PostgresCell) throws(PostgresCell.Mismatch) {
        guard let bytes = cell.bytes else { throw PostgresCell.Mismatch(reason: "it is NULL") }
        guard Self.arrayTypes.contains(cell.type.oid) else { throw PostgresCell.Mismatch(reason: "it is \(cell.type)") }
        let dimensions = try bytes.integer(Int32.self)
        guard dimensions <= 1 else { throw PostgresCell.Mismatch(reason: "it has \(dimensions) dimensions") }
        self.bytes = bytes
        elementType = TypeIdentifier(try bytes.integer(UInt32.self, at: 8))
        count = dimensions == 0 ? 0 : Int(try bytes.integer(Int32.self, at: Self.headerLength))
    }

    /// The elements in order; each points into the bytes of the array.
    func elements() throws(PostgresCell.Mismatch) -> [PostgresCell] {
        var cells: [PostgresCell] = []
        cells.reserveCapacity(count)
        var offset = Self.headerLength + Self.dimensionLength
        for _ in 0..<count {
            let length = Int(try bytes.integer(Int32.self, at: offset))
            offset += 4
            guard length >= 0 else {
                cells.append(PostgresCell(type: elementType, bytes: nil))
                continue
            }
            guard offset + length <= bytes.count else { throw PostgresCell.Mismatch(reason: "it is cut short") }
            let element = UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length])
            cells.append(PostgresCell(type: elementType, bytes: element))
            offset += length
        }
        return cells
    }

    /// Arrays of the types that ``PostgresDecodable`` reads: without this check, the bytes of a text could pass for
    /// one.
    private static let arrayTypes: Set<UInt32> = [
        199, 1000, 1002, 1003, 1005, 1007, 1009, 1014, 1015, 1016, 1021, 1022, 1185, 1187, 2951, 3807,
    ]
}
