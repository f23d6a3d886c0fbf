import HTTPTypes

/// A version of the Compute API, such as 2.96.
struct Microversion: Sendable, Hashable, Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int

    init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    static let minimum = Microversion(2, 1)
    /// The highest one of which every difference is served.
    static let maximum = Microversion(2, 96)

    var description: String { "\(major).\(minor)" }

    static func < (left: Microversion, right: Microversion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    /// The version that a caller asks for; ``minimum`` when it asks for none.
    /// - Throws: ``APIFault`` `.badRequest`, `.notAcceptable`.
    static func negotiate(_ headers: HTTPFields) throws(APIFault) -> Microversion {
        guard let text = requested(headers) else { return minimum }
        if text == "latest" { return maximum }
        guard let version = Microversion(text) else {
            throw APIFault(
                .badRequest,
                "API Version String \(text) is of invalid format. Must be of format MajorNum.MinorNum."
            )
        }
        guard minimum <= version, version <= maximum else {
            throw APIFault(
                .notAcceptable,
                "Version \(text) is not supported by the API. Minimum is \(minimum) and maximum is \(maximum).",
                headers: fields(text)
            )
        }
        return version
    }

    /// The headers that every answer of a negotiated version carries.
    static func fields(_ version: String) -> HTTPFields {
        [
            .openStackAPIVersion: "compute \(version)",
            .novaAPIVersion: version,
            .vary: "\(HTTPField.Name.openStackAPIVersion), \(HTTPField.Name.novaAPIVersion)",
        ]
    }

    private static func requested(_ headers: HTTPFields) -> String? {
        let services = headers[values: .openStackAPIVersion].flatMap { $0.split(separator: ",") }
        for entry in services.reversed() {
            let words = entry.split(maxSplits: 1, whereSeparator: \.isWhitespace)
            guard words.count == 2, words[0].lowercased() == "compute" else { continue }
            return String(words[1].withoutBlanksAround)
        }
        return headers[.novaAPIVersion].map { String($0[...].withoutBlanksAround) }
    }

    /// Two numbers without leading zeros. One too large for a number is larger than any version there is.
    private init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy(Self.isNumber), parts[0] != "0" else { return nil }
        self.init(Int(parts[0]) ?? .max, Int(parts[1]) ?? .max)
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            && (text == "0" || text.first != "0")
    }
}
