import Logging
import Telemetry
import Testing

@Suite("Reading a configuration key")
struct ConfigurationReaderTests {
    private func configuration(_ value: String) async throws -> ProcessConfiguration {
        try await ProcessConfiguration(environment: ["REPRIEVE_KEY": value])
    }

    private func expectInvalid(_ text: String, _ read: () throws -> Void) {
        let error = #expect(throws: ConfigurationError.self) { try read() }
        #expect(error?.code == .invalid)
        #expect(error?.key == "key")
        #expect(error?.description.hasPrefix("configuration: key (REPRIEVE_KEY) is \(text): expected ") == true)
    }

    @Test("takes numbers at both ends of the range", arguments: [("1", 1), ("-5", -5), ("10", 10)])
    func numbers(_ text: String, _ expected: Int) async throws {
        #expect(try await configuration(text).int("key", default: 0, in: -5...10) == expected)
    }

    @Test(
        "refuses what is no number or out of range, and shows it",
        arguments: ["11", "-6", "x", "1.5", "99999999999999999999"]
    )
    func badNumbers(_ text: String) async throws {
        let configuration = try await configuration(text)
        expectInvalid("\"\(text)\"") { _ = try configuration.int("key", default: 0, in: -5...10) }
    }

    @Test(
        "takes durations with each unit",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("30s", .seconds(30)), ("5m", .seconds(300)),
            ("2h", .seconds(7_200)),
            ("7d", .seconds(604_800)), ("0s", .zero),
        ]
    )
    func durations(_ text: String, _ expected: Duration) async throws {
        let configuration = try await configuration(text)
        #expect(try configuration.duration("key", default: .zero, in: .zero ... .seconds(604_800)) == expected)
    }

    @Test(
        "refuses what is no duration or out of range, and shows it",
        arguments: ["30", "s", "-1s", "1.5s", "1 s", "8d", "9223372036854775807d", "٣s"]
    )
    func badDurations(_ text: String) async throws {
        let configuration = try await configuration(text)
        expectInvalid("\"\(text)\"") {
            _ = try configuration.duration("key", default: .zero, in: .zero ... .seconds(604_800))
        }
    }

    @Test("says the range of a duration in the largest unit")
    func durationRange() async throws {
        let configuration = try await configuration("1ms")
        let error = #expect(throws: ConfigurationError.self) {
            try configuration.duration("key", default: .seconds(90), in: .milliseconds(1_500) ... .seconds(7_200))
        }
        #expect(error?.description.hasSuffix("within 1500ms ... 2h") == true)
    }

    @Test("takes yes and no in every spelling", arguments: ["true", "YES", "on", "1"], ["false", "No", "off", "0"])
    func yesAndNo(_ yes: String, _ no: String) async throws {
        #expect(try await configuration(yes).bool("key", default: false))
        #expect(try await !configuration(no).bool("key", default: true))
    }

    @Test("refuses what is neither yes nor no")
    func neitherYesNorNo() async throws {
        let configuration = try await configuration("maybe")
        expectInvalid("\"maybe\"") { _ = try configuration.bool("key", default: true) }
    }

    @Test("takes a list between commas, without spaces and empty parts")
    func lists() async throws {
        #expect(try await configuration(" a, b c ,,d,").strings("key", default: []) == ["a", "b c", "d"])
    }

    @Test("takes one word of a list, and tells the words otherwise")
    func choices() async throws {
        #expect(try await configuration("debug").choice("key", default: Logger.Level.info) == .debug)
        let configuration = try await configuration("loud\nlevel")
        expectInvalid(#""loud\nlevel""#) { _ = try configuration.choice("key", default: Logger.Level.info) }
    }

    @Test("takes an empty value as one that is not set")
    func empty() async throws {
        let configuration = try await configuration("")
        #expect(try configuration.int("key", default: 3, in: 0...9) == 3)
        #expect(try configuration.string("key") == nil)
        let error = #expect(throws: ConfigurationError.self) { try configuration.requiredString("key") }
        #expect(error?.code == .missing)
        #expect(error?.description == "configuration: key (REPRIEVE_KEY) is not set")
    }

    @Test("never shows a value that came as a credential")
    func secret() async throws {
        let folder = try TemporaryFolder()
        try folder.write("key", "hunter2")
        let configuration = try await ProcessConfiguration(environment: ["CREDENTIALS_DIRECTORY": folder.path])
        let error = #expect(throws: ConfigurationError.self) { try configuration.int("key", default: 1, in: 0...9) }
        #expect(error?.description.contains("hunter2") == false)
        #expect(error?.description.contains("a secret value") == true)
    }
}
