import ArgumentParser
import Foundation

/// Lengths of time as people write them: `7d`, `1d12h`, `90m`, `45s`.
enum TimeText {
    private static let units: [(name: Character, seconds: Int)] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)]

    /// The largest unit that matters and the next, such as `6d 23h`, rounded down; `over` for less than nothing.
    static func short(_ duration: Duration) -> String {
        guard duration >= .zero else { return "over" }
        let parts = split(duration)
        return parts.filter { $0.unit <= parts[0].unit + 1 }.map(\.text).joined(separator: " ")
    }

    /// Every unit, so that ``parse(_:)`` gives the same whole seconds back.
    static func exact(_ duration: Duration) -> String {
        split(duration).map(\.text).joined()
    }

    /// What each unit has, those with nothing left out; never empty.
    private static func split(_ duration: Duration) -> [(unit: Int, text: String)] {
        var rest = Int(duration.components.seconds)
        var parts: [(unit: Int, text: String)] = []
        for (position, unit) in units.enumerated() where rest >= unit.seconds {
            parts.append((position, "\(rest / unit.seconds)\(unit.name)"))
            rest %= unit.seconds
        }
        return parts.isEmpty ? [(units.count - 1, "0s")] : parts
    }

    /// Reads whole numbers with their units, the largest unit first; nil when it is anything else or too long.
    static func parse(_ text: String) -> Duration? {
        var rest = text[...]
        var total = 0
        var unitsLeft = units[...]
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest.removeFirst(digits.count)
            guard let count = Int(digits), let name = rest.popFirst(),
                let position = unitsLeft.firstIndex(where: { $0.name == name })
            else { return nil }
            let (seconds, isTooLong) = count.multipliedReportingOverflow(by: units[position].seconds)
            guard !isTooLong, seconds <= longest - total else { return nil }
            total += seconds
            unitsLeft = units[(position + 1)...]
        }
        return text.isEmpty ? nil : .seconds(total)
    }

    /// In seconds, a hundred years: beyond, dates overflow somewhere.
    static let longest = 100 * 366 * 86_400
}

/// A length of time on the command line; at least a second.
struct DurationArgument: ExpressibleByArgument {
    /// What is allowed, for the help, which the parser also repeats when it refuses a value.
    static let bounds = "from 1s to \(TimeText.exact(.seconds(TimeText.longest)))"

    let duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        guard let duration = TimeText.parse(argument), duration >= .seconds(1) else { return nil }
        self.init(duration)
    }

    var defaultValueDescription: String { TimeText.exact(duration) }
}
