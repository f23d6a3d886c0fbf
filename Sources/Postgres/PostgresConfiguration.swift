import CLibPQ
import Foundation

/// How to reach a database, and how sessions on it start.
///
/// It never prints its password: its description and its mirror name the hosts, the database and the user only.
package struct PostgresConfiguration: Sendable {
    /// Session settings sent when a session starts, by name, such as `["lock_timeout": "1s"]`.
    ///
    /// They travel in libpq's `options`, which PgBouncer refuses unless it is told to ignore them.
    package var settings: [String: String] = [:]

    /// Whether each statement is prepared once per connection.
    ///
    /// Behind a pooler that loses prepared statements, such as PgBouncer's transaction pooling, each pool finds that out
    /// and stops preparing; false spares it the attempt.
    package let usesPreparedStatements: Bool

    private let applicationName: String
    private let connectTimeout: Duration
    private let parameters: [String: String]

    /// Reads a connection string.
    ///
    /// What the string does not say comes from libpq's environment variables and defaults. When it names several hosts
    /// and no `target_session_attrs`, only a host that accepts writes is used.
    /// - Parameters:
    ///   - connectionString: a `postgresql://` URI or `keyword=value` pairs; several hosts are allowed.
    ///   - applicationName: shown in `pg_stat_activity` unless the string names another.
    ///   - usesPreparedStatements: see ``usesPreparedStatements``.
    ///   - connectTimeout: for each host tried, rounded up to whole seconds, at least 2 s (libpq's bound); a
    ///     `connect_timeout` in the string wins.
    /// - Throws: ``PostgresError`` `.invalidConfiguration`. The string is not repeated, since a malformed one may show
    /// a
    ///   password anywhere.
    package init(
        connectionString: String,
        applicationName: String,
        usesPreparedStatements: Bool = true,
        connectTimeout: Duration = .seconds(5)
    ) throws(PostgresError) {
        self.applicationName = applicationName
        self.usesPreparedStatements = usesPreparedStatements
        self.connectTimeout = connectTimeout
        parameters = try Self.parse(connectionString)
    }

    private static func parse(_ connectionString: String) throws(PostgresError) -> [String: String] {
        var complaint: UnsafeMutablePointer<CChar>?
        let options = PQconninfoParse(connectionString, &complaint)
        PQfreemem(complaint)
        guard let options else {
            throw PostgresError(
                .invalidConfiguration,
                "The database connection string is neither a valid postgresql:// URI nor valid keyword=value pairs.",
                retry: .never
            )
        }
        defer { PQconninfoFree(options) }
        var parameters: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { parameters[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return parameters
    }
}

extension PostgresConfiguration {
    /// Everything libpq is given, by keyword.
    var libpqParameters: [String: String] {
        var all = defaults.merging(parameters) { _, given in given }
        if !settings.isEmpty {
            all["options"] = ([all["options"]].compactMap(\.self) + [escapedSettings]).joined(separator: " ")
        }
        all["client_encoding"] = "UTF8"
        return all
    }

    /// Replaces the password wherever it stands in `text`.
    func redacting(_ text: String) -> String {
        guard let password = parameters["password"], !password.isEmpty else { return text }
        return text.replacingOccurrences(of: password, with: "***")
    }

    /// Keepalives find a vanished host within a minute, instead of the two hours that are the kernel's default.
    private var defaults: [String: String] {
        var values = [
            "fallback_application_name": applicationName,
            "connect_timeout": String(max(2, (connectTimeout.wholeMicroseconds + 999_999) / 1_000_000)),
            "keepalives_idle": "30",
            "keepalives_interval": "10",
            "keepalives_count": "3",
        ]
        if namesSeveralHosts { values["target_session_attrs"] = "read-write" }
        return values
    }

    private var namesSeveralHosts: Bool {
        [parameters["host"], parameters["hostaddr"]].contains { $0?.contains(",") ?? false }
    }

    /// The settings as `-c name=value`; blanks and backslashes are escaped, as PostgreSQL splits the options at blanks.
    private var escapedSettings: String {
        let assignments = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        return assignments.map { assignment in
            "-c " + assignment.map { $0.isWhitespace || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
        }.joined(separator: " ")
    }
}

extension PostgresConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Host, database and user; never the password.
    package var description: String {
        let host = parameters["host"] ?? parameters["hostaddr"] ?? "default"
        let database = parameters["dbname"] ?? "default"
        return "PostgresConfiguration(host: \(host), database: \(database), user: \(parameters["user"] ?? "default"))"
    }

    /// The same as ``description``.
    package var debugDescription: String { description }

    /// Empty, so that `dump` shows no password either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
