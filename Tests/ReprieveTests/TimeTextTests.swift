import Testing

@testable import reprieve

@Suite("Lengths of time as text")
struct TimeTextTests {
    @Test(
        "the largest unit and the next are shown, rounded down",
        arguments: [
            (604_799, "6d 23h"), (604_800, "7d"), (86_400 + 59 * 60, "1d"), (3_600 + 5, "1h"), (3_661, "1h 1m"),
            (59, "59s"),
            (0, "0s"), (-1, "over"),
        ]
    )
    func short(seconds: Int, text: String) {
        #expect(TimeText.short(.seconds(seconds)) == text)
    }

    @Test("what is written exactly is read back", arguments: [0, 1, 90, 3_599, 86_401, 694_861])
    func exact(seconds: Int) {
        #expect(TimeText.parse(TimeText.exact(.seconds(seconds))) == .seconds(seconds))
    }

    @Test("units are added up", arguments: [("7d", 604_800), ("1d12h", 129_600), ("90m", 5_400), ("1h1s", 3_601)])
    func parse(text: String, seconds: Int) {
        #expect(TimeText.parse(text) == .seconds(seconds))
    }

    @Test(
        "everything else is refused",
        arguments: [
            "", "7", "d", "7 d", "-1d", "1.5h", "1h1h", "1s1h", "7D", "1w", "99999999999999999999s", "9999999d", "٣d",
        ]
    )
    func refused(text: String) {
        #expect(TimeText.parse(text) == nil)
    }

    @Test("an argument is a second at least")
    func argument() {
        #expect(DurationArgument(argument: "0s") == nil)
        #expect(DurationArgument(argument: "1s")?.duration == .seconds(1))
        #expect(DurationArgument(.seconds(600)).defaultValueDescription == "10m")
    }
}
