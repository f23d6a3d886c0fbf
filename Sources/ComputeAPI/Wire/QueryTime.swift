import Foundation

/// Times that callers write: ISO 8601 in all the ways that Nova's library reads, UTC where no zone is named.
enum QueryTime {
    /// The time, or nil when this is none.
    static func parse(_ text: String) -> Date? {
        guard let match = text.wholeMatch(of: #/(\d{4})(?:-(\d\d?)(?:-(\d\d?)(.*))?|(\d\d)(\d\d)(.*))?/#) else {
            return nil
        }
        let (_, year, longMonth, longDay, longRest, month, day, rest) = match.output
        guard let date = Self.day(year, longMonth ?? month ?? "1", longDay ?? day ?? "1"),
            let time = Self.time(longRest ?? rest ?? "")
        else { return nil }
        return date + time
    }

    private static func day(_ year: Substring, _ month: Substring, _ day: Substring) -> Date? {
        guard let year = Int(year), let month = Int(month), let day = Int(day), year > 0, (1...12).contains(month)
        else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = DateComponents(year: year, month: month, day: day)
        // A day that the month does not have would be taken for one of the next.
        guard let date = calendar.date(from: parts), calendar.component(.day, from: date) == day else { return nil }
        return date
    }

    /// Seconds since midnight UTC; nothing is midnight.
    private static func time(_ text: Substring) -> TimeInterval? {
        if text.isEmpty { return 0 }
        let shape = #/[ T](\d\d)(?::?(\d\d))?(?::?(\d\d?)(?:[.,](\d+))?)?(Z|[-+]\d\d(?::?\d\d)?)?/#
        guard let match = text.wholeMatch(of: shape) else { return nil }
        let (_, hour, minute, second, fraction, zone) = match.output
        guard let hour = Int(hour), let minute = Int(minute ?? "0"), let second = Int(second ?? "0"),
            hour < 24, minute < 60, second < 60, let part = Double("0.\(fraction ?? "0")"),
            let offset = Self.offset(zone ?? "Z")
        else { return nil }
        return Double(hour * 3600 + minute * 60 + second - offset) + part
    }

    /// Seconds that a zone is ahead.
    private static func offset(_ zone: Substring) -> Int? {
        if zone == "Z" { return 0 }
        let digits = zone.dropFirst().filter(\.isNumber)
        guard let hours = Int(digits.prefix(2)), let minutes = Int("0" + digits.dropFirst(2)) else { return nil }
        return (zone.hasPrefix("-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}
