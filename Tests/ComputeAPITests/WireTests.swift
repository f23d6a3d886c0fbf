import Foundation
import Testing

@testable import ComputeAPI

@Suite("Values on the wire")
struct WireTests {
    @Test(
        "times are UTC to the microsecond",
        arguments: [
            (0.0, "1970-01-01T00:00:00.000000"), (-0.000001, "1969-12-31T23:59:59.999999"),
            (951_782_399.5, "2000-02-28T23:59:59.500000"), (951_782_400, "2000-02-29T00:00:00.000000"),
            (1_795_428_000.123456, "2026-11-23T10:00:00.123456"), (4_107_542_400, "2100-03-01T00:00:00.000000"),
        ]
    )
    func times(seconds: Double, text: String) {
        let date = Date(timeIntervalSince1970: seconds)
        #expect(WireTime.microseconds(date) == .string(text))
        #expect(WireTime.seconds(date) == .string(String(text.prefix(19)) + "Z"))
    }

    @Test("every day of four centuries is written as Foundation writes it")
    func days() {
        for day in 0..<146_097 {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let expected = date.formatted(.iso8601)
            guard WireTime.seconds(date) != .string(expected) else { continue }
            Issue.record("\(expected)")
            return
        }
    }

    @Test("any text survives JSON")
    func json() throws {
        let text = String(String.UnicodeScalarView((0...0x2FF).compactMap { Unicode.Scalar($0) })) + "\u{1F5D1}\u{2028}"
        let value: JSON = [
            "text": .string(text), "number": .integer(.min), "yes": true, "no": false, "nothing": .null,
            "list": [1, []],
            "object": [:],
        ]
        let parsed = try #require(try JSONSerialization.jsonObject(with: Data(value.bytes)) as? NSDictionary)
        let expected: NSDictionary = [
            "text": text, "number": Int.min, "yes": true, "no": false, "nothing": NSNull(),
            "list": [1, [Any]()] as [Any],
            "object": [String: Any](),
        ]
        #expect(parsed == expected)
    }

    @Test("keys keep their order")
    func order() {
        let value: JSON = ["b": 1, "a": ["z": "\"\\\n", "y": .null]]
        #expect(String(decoding: value.bytes, as: UTF8.self) == #"{"b":1,"a":{"z":"\"\\\u000a","y":null}}"#)
    }

    @Test(
        "percent coding",
        arguments: [
            ("a%20b+c", "a b+c"), ("%", "%"), ("%4", "%4"), ("%zz", "%zz"), ("%C3%A9", "é"), ("%FF", "\u{FFFD}"),
        ]
    )
    func percent(text: String, decoded: String) {
        #expect(PercentCoding.decode(text[...]) == decoded)
    }

    @Test("what is encoded is decoded again")
    func percentRoundTrip() {
        let text = "a b&c=d+é/\u{1}~"
        #expect(PercentCoding.encode(text) == "a%20b%26c%3Dd%2B%C3%A9%2F%01~")
        #expect(PercentCoding.decode(PercentCoding.encode(text)[...], plusIsSpace: true) == text)
    }
}
