/// Lengths of time as operators write them: a whole number and a unit.
enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]

    /// Reads for example `30s`; nil when it is anything else, negative, or too large to count in milliseconds.
    static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text.dropFirst(digits.count)
        guard let count = Int64(digits), let factor = units.first(where: { $0.name == unit }) else { return nil }
        let (milliseconds, overflow) = count.multipliedReportingOverflow(by: factor.milliseconds)
        return overflow ? nil : .milliseconds(milliseconds)
    }

    /// Writes a duration of whole milliseconds with the largest unit that loses nothing.
    static func print(_ duration: Duration) -> String {
        let parts = duration.components
        let milliseconds = parts.seconds * 1_000 + parts.attoseconds / 1_000_000_000_000_000
        let unit = units.first { milliseconds % $0.milliseconds == 0 && milliseconds >= $0.milliseconds }
        guard let unit else { return "0s" }
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }
}
