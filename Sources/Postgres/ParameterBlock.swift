import CLibPQ

/// The parameters of one statement as libpq takes them: parallel arrays of types, pointers, lengths and formats.
struct ParameterBlock {
    let types: [Oid]
    private let storage: [UInt8]
    private let ranges: [Range<Int>?]

    init(_ values: [PostgresValue]) {
        types = values.map(\.type.oid)
        var storage: [UInt8] = []
        ranges = values.map { value in
            guard let bytes = value.bytes else { return nil }
            let start = storage.count
            storage += bytes
            // libpq takes a null pointer for NULL, so even an empty value must point somewhere: every value gets one
            // byte more than it has.
            storage.append(0)
            return start..<start + bytes.count
        }
        self.storage = storage
    }

    var count: Int32 { Int32(types.count) }

    /// What the arrays are called in libpq's documentation: paramValues, paramLengths, paramFormats.
    typealias Body<Value> = (
        _ values: UnsafePointer<UnsafePointer<CChar>?>?, _ lengths: [Int32], _ formats: [Int32]
    ) -> Value

    /// Lends the arrays for the duration of `body`.
    func withPointers<Value>(_ body: Body<Value>) -> Value {
        storage.withUnsafeBytes { buffer in
            let start = buffer.bindMemory(to: CChar.self).baseAddress
            let pointers = ranges.map { range in range.flatMap { range in start.map { $0 + range.lowerBound } } }
            return pointers.withUnsafeBufferPointer { pointers in
                body(pointers.baseAddress, ranges.map { Int32($0?.count ?? 0) }, ranges.map { _ in 1 })
            }
        }
    }
}
