import Foundation

/// How long a chaos run goes on, and what it draws its faults from.
struct ChaosSettings: Sendable {
    /// For how long faults are made; the draining comes on top.
    let duration: Duration
    let seed: UInt64

    static let servers = 60
    static let hosts = ["compute-01", "compute-02", "compute-03"]
    static let projects = ["aaaa", "bbbb", "cccc"]
    static let clients = 10
    /// Servers that are deleted and then left alone, so that some are purged.
    static let leftAlone = 6
    static let lease = Duration.seconds(3)
    static let retention = Duration.seconds(6)

    /// As the environment says (`REPRIEVE_CHAOS_SECONDS`, `REPRIEVE_CHAOS_SEED`), else 60 s and any seed.
    init(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        duration = .seconds(try Self.number("REPRIEVE_CHAOS_SECONDS", environment) ?? 60)
        seed = try Self.number("REPRIEVE_CHAOS_SEED", environment).map(UInt64.init) ?? .random(in: 1...999_999)
    }

    private static func number(_ name: String, _ environment: [String: String]) throws -> UInt32? {
        guard let text = environment[name] else { return nil }
        guard let number = UInt32(text) else {
            throw ChildProcess.Failure(description: "\(name) is \(text.debugDescription), expected a number")
        }
        return number
    }
}

/// Numbers that a seed decides (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True once in so many times.
    mutating func isOne(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }

    /// A pause of a random length.
    mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
        .milliseconds(Int.random(in: range, using: &self))
    }
}
