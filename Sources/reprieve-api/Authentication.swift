import Identity
import Logging
import ServiceLifecycle
import Telemetry

/// Who says whose token it is, and what that needs while the process runs.
struct Authentication {
    let authenticator: any Authenticator
    /// To be run as long as requests are answered.
    let services: [any Service]
    /// Whether tokens can be judged; it comes back soon.
    let isReady: @Sendable () async -> Bool

    /// Makes what the configuration says, and has Keystone look at our own credentials.
    ///
    /// A Keystone that does not answer is asked again later, with every request and for every `/readyz`.
    /// - Throws: ``ConfigurationError`` `.invalid` when Keystone refuses our credentials.
    static func open(_ configuration: APIConfiguration, _ logger: Logger) async throws -> Authentication {
        switch configuration.authority {
        case .noauth:
            return Authentication(authenticator: NoAuthAuthenticator(), services: [], isReady: { true })
        case .keystone(let settings):
            let keystone = KeystoneAuthenticator(settings)
            do {
                try await check(keystone, settings, logger)
            } catch {
                try await keystone.shutDown()
                throw error
            }
            return Authentication(authenticator: keystone, services: [keystone]) {
                do throws(IdentityError) {
                    _ = try await keystone.checkOwnCredentials()
                    return true
                } catch {
                    logger.info("not ready", metadata: [LogKey.errorMessage: "\(error)"])
                    return false
                }
            }
        }
    }

    private static func check(
        _ keystone: KeystoneAuthenticator,
        _ settings: KeystoneConfiguration,
        _ logger: Logger
    ) async throws {
        do throws(IdentityError) {
            let roles = try await keystone.checkOwnCredentials()
            guard roles.isDisjoint(with: [.admin, Role("service")]) else { return }
            // A cloud may have other rules, so only Keystone itself can say no.
            logger.warning(
                "our Keystone user has neither the role service nor admin and may not be let validate tokens",
                metadata: ["keystone.roles": "\(roles.map(\.name).sorted().joined(separator: ","))"]
            )
        } catch  where error.code == .refused {
            let key =
                switch settings.login {
                case .password: "keystone.username"
                case .applicationCredential: "keystone.application_credential_id"
                }
            throw ConfigurationError(.invalid, key: key, message: "\(key): \(error.message)", cause: error)
        } catch {
            logger.warning("Keystone does not answer, going on", metadata: [LogKey.errorMessage: "\(error)"])
        }
    }
}
