import NIOConcurrencyHelpers
import ServiceLifecycle

/// Asks Keystone whose token it is, and remembers the answers for a short time.
///
/// A token that is revoked meanwhile is taken until its answer's time is over. Many callers with one token that is not
/// known make one call together. Tokens that were not good lately have connections and a line of their own, so that
/// whoever sends made-up ones keeps nobody waiting whose token must only be confirmed, and not our own login. When Keystone cannot be asked nobody passes whose token is not remembered.
package final class KeystoneAuthenticator: Authenticator, Service {
    private let configuration: KeystoneConfiguration
    /// For our own login and for tokens that were good lately.
    private let client: KeystoneClient
    private let strangersClient: KeystoneClient
    private let session: KeystoneSession
    private let clock: KeystoneClock
    private let hasher = TokenHasher()
    private let cache: NIOLockedValueBox<KeystoneCache>
    private let validations = SharedCalls<TokenDigest, KeystoneCache.Finding>(limit: longestLine)
    private let strangersValidations = SharedCalls<TokenDigest, KeystoneCache.Finding>(limit: longestLine)
    /// Calls for tokens of one sort that are under way or wait for a connection. More than Keystone answers in a timeout
    /// would only wait in vain.
    private static let longestLine = 1024
    /// How long a bad token stays one without asking again.
    private static let refusal = Duration.seconds(5)
    /// No kind of token that Keystone issues is near this length, in bytes.
    private static let longestToken = 4096

    /// Asks nothing yet. Either ``run()`` or ``shutDown()`` must be called in the end.
    package convenience init(_ configuration: KeystoneConfiguration) {
        self.init(configuration, clock: KeystoneClock())
    }

    init(_ configuration: KeystoneConfiguration, clock: KeystoneClock) {
        self.configuration = configuration
        self.clock = clock
        client = KeystoneClient(configuration, connections: 8)
        strangersClient = KeystoneClient(configuration, connections: 4)
        session = KeystoneSession(client: client, clock: clock)
        cache = NIOLockedValueBox(KeystoneCache(limit: configuration.cacheSize))
    }

    /// Serves until graceful shutdown, then ends its connections.
    package func run() async throws {
        // Cancellation is the other way to be told to stop, and no failure.
        try? await gracefulShutdown()
        try await shutDown()
    }

    /// Ends the connections to Keystone. It is of no use afterwards.
    package func shutDown() async throws {
        // Both, even if the first cannot be.
        async let strangers: Void = strangersClient.shutDown()
        try await client.shutDown()
        try await strangers
    }

    /// Logs in, unless that has been done.
    /// - Returns: our own roles.
    /// - Throws: ``IdentityError`` `.refused` when our own credentials are wrong, `.unavailable`.
    package func checkOwnCredentials() async throws(IdentityError) -> Set<Role> {
        try await session.token().roles
    }

    /// The user behind a token, as Keystone says or has said a moment ago.
    /// - Throws: ``IdentityError`` `.invalidToken`; `.unavailable`; `.refused` when Keystone refuses us, not the caller.
    ///
    /// Cancellation: disturbs no other caller; the call is bounded by the configuration's timeout.
    package func credentials(for token: String) async throws(IdentityError) -> Credentials {
        // What cannot stand in a header field cannot be asked for either.
        guard (1...Self.longestToken).contains(token.utf8.count), token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw Self.nobodys
        }
        let digest = hasher.digest(token)
        guard case .credentials(let credentials) = try await finding(of: token, digest) else { throw Self.nobodys }
        return credentials
    }

    private func finding(
        of token: String,
        _ digest: TokenDigest
    ) async throws(IdentityError) -> KeystoneCache.Finding {
        if let known = find(digest) { return known }
        let isFamiliar = cache.withLockedValue { $0.isFamiliar(digest, at: clock.now()) }
        let (calls, client) = isFamiliar ? (validations, self.client) : (strangersValidations, strangersClient)
        return try await calls.value(for: digest) { () throws(IdentityError) in
            if let known = self.find(digest) { return known }
            return try await self.ask(client, token, digest)
        }
    }

    private static let nobodys = IdentityError(
        .invalidToken,
        "The request you have made requires authentication."
    )

    private func find(_ digest: TokenDigest) -> KeystoneCache.Finding? {
        cache.withLockedValue { $0.find(digest, at: clock.now()) }
    }

    private func ask(
        _ client: KeystoneClient,
        _ token: String,
        _ digest: TokenDigest
    ) async throws(IdentityError) -> KeystoneCache.Finding {
        // The answer is as old as the question.
        let now = clock.now()
        let (finding, end) = try judge(try await validate(token, client), at: now)
        cache.withLockedValue { $0.keep(finding, of: digest, until: end, at: now) }
        return finding
    }

    /// - Returns: whose token it is, and until when that is remembered.
    private func judge(
        _ answer: KeystoneAnswer?,
        at now: ContinuousClock.Instant
    ) throws(IdentityError) -> (KeystoneCache.Finding, ContinuousClock.Instant) {
        let refusal = (KeystoneCache.Finding.nobodys, now + min(Self.refusal, configuration.cacheDuration))
        guard let answer else { return refusal }
        guard let expiry = clock.instant(of: answer.expiry) else {
            throw IdentityError(.unavailable, "Keystone does not say until when a token holds")
        }
        guard expiry > now else { return refusal }
        return (.credentials(answer.credentials), min(expiry, now + configuration.cacheDuration))
    }

    /// - Returns: nil when the token is nobody's.
    private func validate(_ token: String, _ client: KeystoneClient) async throws(IdentityError) -> KeystoneAnswer? {
        for _ in 0..<2 {
            let own = try await session.token()
            switch try await client.validate(token, with: own.value) {
            case .answer(let answer): return answer
            case .nobodys: return nil
            case .ownTokenRefused: session.giveUp(own)
            }
        }
        throw IdentityError(.unavailable, "Keystone at \(configuration.url) does not take the tokens that it gives us")
    }
}
