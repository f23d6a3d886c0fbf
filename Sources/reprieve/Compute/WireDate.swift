import Foundation

/// Times as the Compute API writes them: UTC, with or without a fraction, with or without a Z.
enum WireDate {
    static func parse(_ text: String) -> Date? {
        let whole = text.prefix(19)
        var rest = text.dropFirst(19)
        if rest.last == "Z" { rest.removeLast() }
        guard rest.isEmpty || rest.first == ".", let fraction = rest.isEmpty ? 0 : Double("0\(rest)") else {
            return nil
        }
        do {
            return try Date("\(whole)Z", strategy: .iso8601).addingTimeInterval(fraction)
        } catch {
            return nil
        }
    }

    /// A decoder that reads them.
    static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = parse(text) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "no time: \(text)")
            }
            return date
        }
        return decoder
    }
}
