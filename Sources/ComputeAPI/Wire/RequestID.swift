import Foundation
import Synchronization

/// Identities of requests: `req-` and a UUID in lower case.
enum RequestID {
    /// A new one: version 7, that is the time and then 74 bits of which the last count up from a random start.
    ///
    /// Randomness is a system call, so a process draws its own once. The time keeps a process that was put back into
    /// an earlier state, together with its machine, from giving the same ids again.
    static func make() -> String {
        let milliseconds = UInt64(Date().timeIntervalSince1970 * 1000)
        let number = counter.wrappingAdd(1, ordering: .relaxed).newValue
        let id = UUID(
            high: milliseconds << 16 | 0x7000 | process & 0xFFF,
            low: 0x8000_0000_0000_0000 | number & 0x3FFF_FFFF_FFFF_FFFF
        )
        return "req-" + id.text
    }

    /// Whether a text looks like one.
    static func matches(_ text: String) -> Bool {
        text.hasPrefix("req-") && UUID(canonical: String(text.dropFirst(4))) != nil
    }

    private static let process = UInt64.random(in: .min ... .max)
    private static let counter = Atomic(UInt64.random(in: .min ... .max))
}
