import ComputeAPI
import Identity
import Postgres
import Telemetry

/// What the API process is told.
///
/// ## Configuration keys
/// - `database.url` (string, required, secret): a libpq connection string.
/// - `database.pool_size` (1 ... 64, default 8): connections.
/// - `database.prepared_statements` (bool, default true): false behind PgBouncer in transaction mode.
/// - `api.host` (string, default 127.0.0.1): the address to listen on.
/// - `api.port` (0 ... 65535, default 8774): 0 is any free port; the log says which.
/// - `api.health_port` (0 ... 65535, default 8775): where `/healthz` and `/readyz` are, at the same address.
/// - `api.auth` (`noauth` or `keystone`, required): who says whose token it is. `noauth` believes the token.
/// - `api.allow_insecure_noauth` (bool, default false): lets `noauth` listen on addresses that others reach.
/// - `api.public_url` (string, default the request's `Host`): scheme and authority of the links in answers.
/// - `api.keystone_url` (string, default `keystone.url`, or `http://127.0.0.1:5000`): where a caller without a token is
///   sent to.
/// - `api.policy_file` (string, default none): a policy file in YAML or JSON, whose rules go before the defaults.
/// - `api.find_deleted_by_name` (bool, default true): whether a list by a name that no live server has finds the
///   soft-deleted server of that name.
/// - `api.trust_forwarded` (bool, default false): whether links use what `X-Forwarded-Proto` and `X-Forwarded-Host` say.
/// - `api.max_in_flight` (1 ... 100000, default 512): requests that are answered at the same time.
/// - `api.max_connections` (1 ... 1000000, default 16384): connections that are served at the same time.
/// - `api.header_deadline` (100ms ... 10m, default 10s): how long the head of a request may take from its first byte.
/// - `api.max_wait` (0s ... 5m, default 30s): how long a client may wait for a task in one request (`Prefer: wait=N`).
/// - `api.max_waiting` (0 ... one less than `api.max_connections`, default three quarters of it): clients that wait at
///   the same time; others are answered at once.
/// - `api.max_waiting_per_project` (0 ... `api.max_waiting`, default a quarter of it, rounded up): how many of them one
///   project may have.
/// - `api.body_deadline` (100ms ... 10m, default 30s): how long a request's body may take to arrive.
/// - `api.idle_timeout` (100ms ... 1h, default 60s): how long a connection may stay open without a request.
/// - `api.write_deadline` (100ms ... 10m, default 30s): how long a caller who does not read keeps an answer waiting.
/// - `api.tls_certificate`, `api.tls_key` (paths, both or neither): PEM files; with them the API speaks TLS, the health
///   port does not.
/// - `api.shutdown_grace` (0s ... 1h, default 20s): how long requests may go on after SIGTERM.
///
/// With `api.auth` `keystone`:
/// - `keystone.url` (string, required): where we ask it, with or without `/v3`.
/// - `keystone.username`, `keystone.password` (string, required; the latter secret): as whom we ask.
/// - `keystone.user_domain`, `keystone.project_domain` (string, default `Default`): names of domains.
/// - `keystone.project` (string, default `service`): the project in which that user has the role `service` or `admin`.
/// - `keystone.application_credential_id`, `keystone.application_credential_secret` (string; the latter secret): in
///   place of user and project.
/// - `keystone.cache_seconds` (0 ... 3600, default 60): how long an answer holds, and so a revoked token at most.
/// - `keystone.cache_size` (2 ... 1000000, default 10000): tokens that are remembered.
/// - `keystone.timeout` (100ms ... 60s, default 10s): how long one call to Keystone may take.
struct APIConfiguration {
    let database: PostgresConfiguration
    let poolSize: Int
    let host: String
    let port: Int
    let healthPort: Int
    let policyFile: PolicyFile?
    let settings: APISettings
    let authority: Authority
    let limits: ConnectionLimits
    /// nil: the API speaks no TLS.
    let certificate: ServerCertificate?
    let maximumWaiting: Int
    let maximumWaitingPerProject: Int
    let shutdownGrace: Duration

    private enum AuthorityName: String, CaseIterable {
        case noauth, keystone
    }

    init(_ sources: ProcessConfiguration) throws {
        let usesPreparedStatements = try sources.bool("database.prepared_statements", default: true)
        database = try sources.required("database.url") {
            try PostgresConfiguration(
                connectionString: $0,
                applicationName: "reprieve-api",
                usesPreparedStatements: usesPreparedStatements
            )
        }
        poolSize = try sources.int("database.pool_size", default: 8, in: 1...64)
        host = try sources.string("api.host", default: "127.0.0.1")
        port = try sources.int("api.port", default: 8774, in: 0...65535)
        healthPort = try sources.int("api.health_port", default: 8775, in: 0...65535)
        policyFile = try sources.string("api.policy_file").map(PolicyFile.init)
        authority = try Self.authority(sources, host: host)
        settings = try Self.settings(sources, authority)
        limits = try Self.limits(sources)
        certificate = try Self.certificate(sources)
        // Whoever waits has a connection: they must never have all.
        maximumWaiting = try sources.int(
            "api.max_waiting",
            default: limits.maximumConnections * 3 / 4,
            in: 0...(limits.maximumConnections - 1)
        )
        // No project may have all the places of the others.
        maximumWaitingPerProject = try sources.int(
            "api.max_waiting_per_project",
            default: (maximumWaiting + 3) / 4,
            in: 0...maximumWaiting
        )
        shutdownGrace = try sources.duration(
            "api.shutdown_grace",
            default: .seconds(20),
            in: .zero ... .seconds(3600)
        )
    }

    private static func settings(
        _ sources: ProcessConfiguration,
        _ authority: Authority
    ) throws(ConfigurationError) -> APISettings {
        var settings = APISettings()
        settings.publicURL = try url("api.public_url", sources)
        if case .keystone(let keystone) = authority { settings.keystoneURL = keystone.url }
        settings.keystoneURL = try url("api.keystone_url", sources) ?? settings.keystoneURL
        settings.findsDeletedByName = try sources.bool("api.find_deleted_by_name", default: settings.findsDeletedByName)
        settings.trustsForwarded = try sources.bool("api.trust_forwarded", default: settings.trustsForwarded)
        settings.maximumInFlight = try sources.int(
            "api.max_in_flight",
            default: settings.maximumInFlight,
            in: 1...100_000
        )
        settings.maximumWait = try sources.duration(
            "api.max_wait",
            default: settings.maximumWait,
            in: .zero ... .seconds(300)
        )
        return settings
    }

    private static func limits(_ sources: ProcessConfiguration) throws(ConfigurationError) -> ConnectionLimits {
        let usual = ConnectionLimits()
        var limits = usual
        let range = Duration.milliseconds(100) ... .seconds(600)
        limits.maximumConnections = try sources.int(
            "api.max_connections",
            default: usual.maximumConnections,
            in: 1...1_000_000
        )
        limits.headerDeadline = try sources.duration("api.header_deadline", default: usual.headerDeadline, in: range)
        limits.bodyDeadline = try sources.duration("api.body_deadline", default: usual.bodyDeadline, in: range)
        limits.writeDeadline = try sources.duration("api.write_deadline", default: usual.writeDeadline, in: range)
        limits.idleTimeout = try sources.duration(
            "api.idle_timeout",
            default: usual.idleTimeout,
            in: .milliseconds(100) ... .seconds(3600)
        )
        return limits
    }

    private static func certificate(_ sources: ProcessConfiguration) throws -> ServerCertificate? {
        let keys = (certificate: "api.tls_certificate", key: "api.tls_key")
        switch (try sources.string(keys.certificate), try sources.string(keys.key)) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            do {
                return try ServerCertificate(certificatePath: certificate, keyPath: key)
            } catch let error as ServerCertificate.Failure {
                let name = error.file == .certificate ? keys.certificate : keys.key
                throw ConfigurationError(.invalid, key: name, message: "\(name): \(error)")
            }
        case (let certificate, _):
            let missing = certificate == nil ? keys.certificate : keys.key
            throw ConfigurationError(
                .missing,
                key: missing,
                message: "\(missing) is not set: TLS needs \(keys.certificate) and \(keys.key)"
            )
        }
    }

    /// Without slashes at the end, since paths are put after it.
    static func url(_ key: String, _ sources: ProcessConfiguration) throws(ConfigurationError) -> String? {
        guard var text = try sources.string(key) else { return nil }
        while text.hasSuffix("/") { text.removeLast() }
        guard text.hasPrefix("http://") || text.hasPrefix("https://"), !text.contains(where: \.isWhitespace) else {
            throw ConfigurationError(
                .invalid,
                key: key,
                message: "\(key) is \(text.debugDescription), expected http://… or https://…"
            )
        }
        return text
    }

    private static func authority(
        _ sources: ProcessConfiguration,
        host: String
    ) throws(ConfigurationError) -> Authority {
        _ = try sources.requiredString("api.auth")
        switch try sources.choice("api.auth", default: AuthorityName.noauth) {
        case .noauth:
            try checkNoAuth(sources, host: host)
            return .noauth
        case .keystone: return .keystone(try keystone(sources))
        }
    }

    /// `noauth` lets everybody be anybody, so only this machine may reach it unless an operator insists.
    private static func checkNoAuth(_ sources: ProcessConfiguration, host: String) throws(ConfigurationError) {
        let isAllowed = try sources.bool("api.allow_insecure_noauth", default: false)
        guard !isAllowed, !isLoopback(host) else { return }
        throw ConfigurationError(
            .invalid,
            key: "api.host",
            message: "api.host is \(host.debugDescription) and api.auth is noauth, which believes everybody: "
                + "listen on 127.0.0.1, or set api.allow_insecure_noauth "
                + "(REPRIEVE_API_ALLOW_INSECURE_NOAUTH) to true"
        )
    }

    private static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
