import Foundation

/// Identities of requests: `req-` and a UUID in lower case.
enum RequestID {
    static func make() -> String {
        "req-" + UUID().uuidString.lowercased()
    }

    /// Whether a text looks like one.
    static func matches(_ text: String) -> Bool {
        text.hasPrefix("req-") && UUID(canonical: String(text.dropFirst(4))) != nil
    }
}

extension UUID {
    /// Reads the one form in which ids are written: lower case, with hyphens.
    init?(canonical text: String) {
        guard let id = UUID(uuidString: text), id.text == text else { return nil }
        self = id
    }

    /// The one form in which ids are written.
    var text: String { uuidString.lowercased() }
}
