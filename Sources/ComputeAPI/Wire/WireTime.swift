import Foundation

/// Times as Nova writes them, always UTC. Arithmetic and no formatter, since a page of servers has thousands of them.
enum WireTime {
    /// `YYYY-MM-DDTHH:MM:SSZ`, the fraction cut off.
    static func seconds(_ date: Date) -> JSON {
        .string(secondsText(date))
    }

    /// The same, to stand in a sentence.
    static func secondsText(_ date: Date) -> String {
        text(microseconds(date)) + "Z"
    }

    /// `YYYY-MM-DDTHH:MM:SS.ffffff`, without a Z.
    static func microseconds(_ date: Date?) -> JSON {
        guard let date else { return .null }
        let microseconds: Int64 = microseconds(date)
        return .string(text(microseconds) + "." + padded(floorRemainder(microseconds, 1_000_000), 6))
    }

    private static func microseconds(_ date: Date) -> Int64 {
        Int64((date.timeIntervalSince1970 * 1_000_000).rounded())
    }

    private static func text(_ microseconds: Int64) -> String {
        let seconds = floorQuotient(microseconds, 1_000_000)
        let time = floorRemainder(seconds, 86_400)
        let (year, month, day) = civil(floorQuotient(seconds, 86_400))
        return padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2) + "T" + padded(time / 3600, 2) + ":"
            + padded(time / 60 % 60, 2) + ":" + padded(time % 60, 2)
    }

    /// The Gregorian date so many days after 1970-01-01, counted in eras of 400 years that begin on 1 March.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = floorQuotient(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    private static func floorQuotient(_ number: Int64, _ divisor: Int64) -> Int64 {
        (number - floorRemainder(number, divisor)) / divisor
    }

    private static func floorRemainder(_ number: Int64, _ divisor: Int64) -> Int64 {
        let remainder = number % divisor
        return remainder < 0 ? remainder + divisor : remainder
    }
}
