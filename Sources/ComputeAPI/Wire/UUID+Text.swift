import Foundation

/// The one form in which ids are written: lower case, with hyphens. Read and written here, since Foundation does it with
/// C's formatted input and output.
extension UUID {
    /// Reads an id; nil for any other form of it.
    init?(canonical text: String) {
        guard text.utf8.count == 36 else { return nil }
        var number: UInt128 = 0
        for (place, byte) in text.utf8.enumerated() {
            if Self.hyphens.contains(place) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Self.digits.firstIndex(of: byte) else { return nil }
                number = number << 4 | UInt128(digit)
            }
        }
        self.init(high: UInt64(truncatingIfNeeded: number >> 64), low: UInt64(truncatingIfNeeded: number))
    }

    /// - Parameters:
    ///   - high: the first eight bytes.
    ///   - low: the other eight.
    init(high: UInt64, low: UInt64) {
        func byte(_ number: UInt64, _ place: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: number >> (56 - 8 * place)) }
        self.init(
            uuid: (
                byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3),
                byte(high, 4), byte(high, 5), byte(high, 6), byte(high, 7),
                byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3),
                byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
            )
        )
    }

    /// The id as it is written.
    var text: String {
        let (a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p) = uuid
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for byte in [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p] {
            if Self.hyphens.contains(text.count) { text.append(UInt8(ascii: "-")) }
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static let digits = Array("0123456789abcdef".utf8)
    /// Where hyphens stand.
    private static let hyphens = [8, 13, 18, 23]
}
