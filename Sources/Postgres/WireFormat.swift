import Foundation

/// PostgreSQL's binary formats: big-endian integers, and times counted in microseconds from the year 2000.
enum WireFormat {
    /// Seconds from 2000-01-01 (PostgreSQL's epoch) to 2001-01-01 (Foundation's reference date), both in UTC.
    private static let secondsBetweenEpochs: Int64 = 366 * 86_400

    // What a timestamp can hold, in seconds around 2001: from 24 November 4714 BC until the end of the year 294276.
    private static let firstSecond: Double = -211_845_110_400
    private static let endSecond: Double = 9_223_339_708_800

    static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    static func bytes(_ value: UUID) -> [UInt8] {
        withUnsafeBytes(of: value.uuid) { Array($0) }
    }

    /// Whole microseconds are kept exactly (within a century or so of now; a `Date` is coarser further away). Beyond
    /// what PostgreSQL can hold it becomes `infinity` or `-infinity`, which compare as the date would.
    static func bytes(_ value: Date) -> [UInt8] {
        let seconds = value.timeIntervalSinceReferenceDate
        precondition(!seconds.isNaN, "a date that is not a number cannot be sent")
        let whole = seconds.rounded(.down)
        let fraction = Int64(((seconds - whole) * 1_000_000).rounded())
        if whole < firstSecond { return bytes(Int64.min) }
        if whole >= endSecond { return bytes(Int64.max) }
        return bytes((Int64(whole) + secondsBetweenEpochs) * 1_000_000 + fraction)
    }

    /// Only the time part is used: a `Duration` has no calendar, so it has neither days nor months.
    static func bytes(_ value: Duration) -> [UInt8] {
        bytes(value.wholeMicroseconds) + bytes(Int32(0)) + bytes(Int32(0))
    }

    /// The leading byte is the version of the format; the rest is the text.
    static func bytes(jsonb text: String) -> [UInt8] {
        [1] + text.utf8
    }

    /// Microseconds since 2000 as a date; infinity has none.
    static func date(microseconds: Int64) -> Date? {
        guard microseconds != .max, microseconds != .min else { return nil }
        let (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let interval = Double(seconds - secondsBetweenEpochs) + Double(fraction) / 1_000_000
        return Date(timeIntervalSinceReferenceDate: interval)
    }

    /// One-dimensional array: dimensions, "has nulls", element type, length, lower bound, then each element.
    static func array(of type: TypeIdentifier, _ elements: [[UInt8]?]) -> [UInt8] {
        var all: [UInt8] = []
        all += bytes(Int32(elements.isEmpty ? 0 : 1))
        all += bytes(Int32(elements.contains { $0 == nil } ? 1 : 0))
        all += bytes(type.oid)
        guard !elements.isEmpty else { return all }
        all += bytes(Int32(elements.count))
        all += bytes(Int32(1))
        for element in elements {
            all += bytes(element.map { Int32($0.count) } ?? -1)
            all += element ?? []
        }
        return all
    }
}
