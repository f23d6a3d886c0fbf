import Crypto
import Foundation

/// What Keystone said of tokens, for as long as that holds. It keeps no token, only hashes, and is bounded.
///
/// Tokens that are nobody's are kept apart: however many come, they displace no good one.
struct KeystoneCache: Sendable {
    /// What is known of a token.
    enum Finding: Sendable {
        case credentials(Credentials)
        case nobodys
    }

    private var good: RecentEntries<TokenDigest, Credentials>
    private var bad: RecentEntries<TokenDigest, Void>
    /// Tokens that were good lately, whether or not that is still to be believed.
    private var familiar: RecentEntries<TokenDigest, Void>
    private static let familiarity = Duration.seconds(3600)

    /// - Parameter limit: good tokens that are kept, and as many bad ones; 2 or more.
    init(limit: Int) {
        good = RecentEntries(limit: limit)
        bad = RecentEntries(limit: limit)
        familiar = RecentEntries(limit: limit)
    }

    /// How many answers are kept.
    var count: Int { good.count + bad.count }

    /// What is known; nil: Keystone must be asked.
    mutating func find(_ token: TokenDigest, at now: ContinuousClock.Instant) -> Finding? {
        if let credentials = good.value(of: token, at: now) { return .credentials(credentials) }
        return bad.value(of: token, at: now).map { .nobodys }
    }

    /// Whether a token was good within the last hour, so that it is worth more trouble than one that nobody has seen.
    mutating func isFamiliar(_ token: TokenDigest, at now: ContinuousClock.Instant) -> Bool {
        familiar.value(of: token, at: now) != nil
    }

    /// Remembers an answer. What ends at once is not kept.
    mutating func keep(
        _ finding: Finding,
        of token: TokenDigest,
        until end: ContinuousClock.Instant,
        at now: ContinuousClock.Instant
    ) {
        if case .credentials = finding { familiar.insert((), for: token, until: now + Self.familiarity) }
        guard end > now else { return }
        switch finding {
        case .credentials(let credentials): good.insert(credentials, for: token, until: end)
        case .nobodys: bad.insert((), for: token, until: end)
        }
    }
}

/// The hash of a token.
struct TokenDigest: Hashable, Sendable {
    private let digest: SHA256Digest

    fileprivate init(_ digest: SHA256Digest) {
        self.digest = digest
    }
}

/// Hashes tokens with a salt of this process alone, so that a hash says nothing elsewhere.
struct TokenHasher: Sendable {
    private let salt = SymmetricKey(size: .bits256)

    func digest(_ token: String) -> TokenDigest {
        var hash = SHA256()
        salt.withUnsafeBytes { hash.update(bufferPointer: $0) }
        hash.update(data: Data(token.utf8))
        return TokenDigest(hash.finalize())
    }
}
