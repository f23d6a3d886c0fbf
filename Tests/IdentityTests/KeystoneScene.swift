import Foundation
import Postgres
import TestSupport

@testable import Identity

/// A Keystone and an authenticator that asks it, with a clock that a test moves.
struct KeystoneScene {
    let stub: KeystoneStub
    let authenticator: KeystoneAuthenticator
    private let offset: Guarded<Duration>

    /// Runs `body` with both.
    /// - Parameters:
    ///   - url: of another Keystone than the stub.
    ///   - configure: changes what is usual.
    static func play(
        login: KeystoneConfiguration.Login = password(KeystoneStub.password),
        url: String? = nil,
        configure: (inout KeystoneConfiguration) -> Void = { _ in },
        _ body: (KeystoneScene) async throws -> Void
    ) async throws {
        try await KeystoneStub.run { stub in
            var configuration = KeystoneConfiguration(url: url ?? stub.url, login: login)
            configuration.timeout = .seconds(60)
            configure(&configuration)
            let offset = Guarded(Duration.zero)
            let clock = KeystoneClock(
                now: { .now + offset.withLock { $0 } },
                date: { Date() + offset.withLock { $0 / .seconds(1) } }
            )
            let authenticator = KeystoneAuthenticator(configuration, clock: clock)
            let result: Result<Void, any Error>
            do {
                result = .success(
                    try await body(KeystoneScene(stub: stub, authenticator: authenticator, offset: offset))
                )
            } catch {
                result = .failure(error)
            }
            stub.set(.well)
            try await authenticator.shutDown()
            try result.get()
        }
    }

    /// The login of a user with this password.
    static func password(_ text: String) -> KeystoneConfiguration.Login {
        .password(
            user: "reprieve",
            password: Secret(text),
            userDomain: "Default",
            project: "service",
            projectDomain: "Default"
        )
    }

    /// Moves the authenticator's clock on.
    func pass(_ duration: Duration) {
        offset.withLock { $0 += duration }
    }

    /// Why a token is refused; nil when it is not.
    func refusal(of token: String) async -> IdentityError? {
        do throws(IdentityError) {
            _ = try await authenticator.credentials(for: token)
            return nil
        } catch {
            return error
        }
    }
}
