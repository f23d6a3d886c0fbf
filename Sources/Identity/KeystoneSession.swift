import Foundation
import NIOConcurrencyHelpers

/// Our own token: got when it is needed, renewed before it ends, and given up when Keystone no longer takes it.
final class KeystoneSession: Sendable {
    /// A token with which we may ask.
    struct OwnToken: Sendable {
        var value: Secret
        /// The roles that it gives us.
        var roles: Set<Role>
        /// From then on a new one is got.
        var renewal: ContinuousClock.Instant
        var end: ContinuousClock.Instant
    }

    private struct State {
        var token: OwnToken?
        /// Why we could not log in the last time, and until when that is not tried again.
        var failure: (error: IdentityError, end: ContinuousClock.Instant)?
    }

    private let client: KeystoneClient
    private let clock: KeystoneClock
    private let state = NIOLockedValueBox(State())
    private let logIns = SharedCalls<String, OwnToken>(limit: 1)

    init(client: KeystoneClient, clock: KeystoneClock) {
        self.client = client
        self.clock = clock
    }

    /// A token that holds, as far as we know.
    ///
    /// When it is time for a new one and there is none to be had, the old one serves until its end.
    /// - Throws: ``IdentityError`` `.refused`, `.unavailable`; for some time the same error again, without asking.
    func token() async throws(IdentityError) -> OwnToken {
        if let token = state.withLockedValue({ $0.token }), clock.now() < token.renewal { return token }
        do throws(IdentityError) {
            return try await logIns.value(for: "ours") { () throws(IdentityError) in try await self.logIn() }
        } catch {
            if let token = state.withLockedValue({ $0.token }), clock.now() < token.end { return token }
            throw error
        }
    }

    /// Gives a token up, unless another one has taken its place already.
    func giveUp(_ token: OwnToken) {
        state.withLockedValue { state in
            if state.token?.value == token.value { state.token = nil }
        }
    }

    private func logIn() async throws(IdentityError) -> OwnToken {
        let now = clock.now()
        let (token, failure) = state.withLockedValue { ($0.token, $0.failure) }
        if let token, now < token.renewal { return token }
        if let failure, now < failure.end { throw failure.error }
        do throws(IdentityError) {
            let (value, answer) = try await client.logIn()
            guard let end = clock.instant(of: answer.expiry) else {
                throw IdentityError(.unavailable, "Keystone gives us a token whose end cannot be read")
            }
            // A tenth of its life, and five minutes at most, are left for getting another one.
            let margin = min((end - now) / 10, .seconds(300))
            let token = OwnToken(value: value, roles: answer.roles, renewal: end - margin, end: end)
            state.withLockedValue { $0 = State(token: token) }
            return token
        } catch {
            // Repeated at once, wrong credentials could have our account locked, and a Keystone in trouble has enough.
            let pause: Duration = error.code == .refused ? .seconds(10) : .seconds(1)
            state.withLockedValue { $0.failure = (error, clock.now() + pause) }
            throw error
        }
    }
}

/// The two clocks that Keystone's times need; others in tests.
struct KeystoneClock: Sendable {
    var now: @Sendable () -> ContinuousClock.Instant = { .now }
    /// Keystone tells the ends of tokens as dates.
    var date: @Sendable () -> Date = { Date() }

    func instant(of date: Date?) -> ContinuousClock.Instant? {
        date.map { now() + .seconds($0.timeIntervalSince(self.date())) }
    }
}
