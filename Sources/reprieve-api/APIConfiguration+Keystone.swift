import Identity
import Telemetry

extension APIConfiguration {
    /// Who says whose token it is.
    enum Authority {
        case noauth
        case keystone(KeystoneConfiguration)
    }

    /// Where Keystone is and as whom we ask it.
    static func keystone(_ sources: ProcessConfiguration) throws(ConfigurationError) -> KeystoneConfiguration {
        guard let url = try url("keystone.url", sources) else {
            // Says that it is missing, in the usual words.
            _ = try sources.requiredString("keystone.url")
            preconditionFailure("a text that is there has been read")
        }
        var keystone = KeystoneConfiguration(url: url, login: try login(sources))
        keystone.cacheDuration = .seconds(try sources.int("keystone.cache_seconds", default: 60, in: 0...3600))
        keystone.cacheSize = try sources.int(
            "keystone.cache_size",
            default: keystone.cacheSize,
            in: 2...1_000_000
        )
        keystone.timeout = try sources.duration(
            "keystone.timeout",
            default: keystone.timeout,
            in: .milliseconds(100) ... .seconds(60)
        )
        return keystone
    }

    private static func login(_ sources: ProcessConfiguration) throws(ConfigurationError) -> KeystoneConfiguration.Login
    {
        guard let id = try sources.string("keystone.application_credential_id") else {
            return .password(
                user: try sources.requiredString("keystone.username"),
                password: Secret(try sources.requiredString("keystone.password")),
                userDomain: try sources.string("keystone.user_domain", default: "Default"),
                project: try sources.string("keystone.project", default: "service"),
                projectDomain: try sources.string("keystone.project_domain", default: "Default")
            )
        }
        guard try sources.string("keystone.username") == nil else {
            throw ConfigurationError(
                .invalid,
                key: "keystone.username",
                message: "keystone.username and keystone.application_credential_id are both set: "
                    + "which of them are we to log in with?"
            )
        }
        return .applicationCredential(
            id: id,
            secret: Secret(try sources.requiredString("keystone.application_credential_secret"))
        )
    }
}
