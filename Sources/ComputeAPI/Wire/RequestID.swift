import Foundation

/// Identities of requests: `req-` and a UUID in lower case.
enum RequestID {
    /// A new one, at random (version 4). From the system's call, which is cheaper than Foundation's `UUID()`: that opens a
    /// device.
    static func make() -> String {
        var system = SystemRandomNumberGenerator()
        let id = UUID(
            high: system.next() & ~0xF000 | 0x4000,
            low: system.next() & ~(3 << 62) | 1 << 63
        )
        return "req-" + id.text
    }

    /// Whether a text looks like one.
    static func matches(_ text: String) -> Bool {
        text.hasPrefix("req-") && UUID(canonical: String(text.dropFirst(4))) != nil
    }
}
