import Foundation

/// Where the API is and as whom it is asked: read from the environment only, since arguments are no place for a token.
struct Endpoint: Sendable, Hashable {
    static let usualURL = "http://127.0.0.1:8774"

    /// With the version, without a slash at the end.
    let url: String
    let token: String

    /// - Throws: ``CommandError`` `.misused`, naming the variable.
    init(environment: [String: String]) throws(CommandError) {
        url = try Self.url(environment)
        token = try Self.token(environment)
    }

    private static func url(_ environment: [String: String]) throws(CommandError) -> String {
        let variables = ["REPRIEVE_URL", "OS_COMPUTE_ENDPOINT_OVERRIDE", "OS_ENDPOINT"]
        let variable = variables.first { environment.filled($0) != nil }
        let text = variable.flatMap(environment.filled) ?? usualURL
        guard let parts = URLComponents(string: text), ["http", "https"].contains(parts.scheme?.lowercased()),
            parts.host?.isEmpty == false, parts.query == nil, parts.fragment == nil
        else {
            throw CommandError(.misused, "\(variable ?? "REPRIEVE_URL") is no http or https URL: \(text)")
        }
        let path = parts.path.split(separator: "/")
        let base = String(text.reversed().drop { $0 == "/" }.reversed())
        return path.contains { $0 == "v2.1" || $0 == "v2" } ? base : base + "/v2.1"
    }

    private static func token(_ environment: [String: String]) throws(CommandError) -> String {
        for variable in ["REPRIEVE_TOKEN", "OS_TOKEN"] {
            guard let token = environment.filled(variable) else { continue }
            guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw CommandError(.misused, "\(variable) has characters that no token has")
            }
            return token
        }
        let isKeystone = environment.filled("OS_AUTH_URL") != nil
        if !isKeystone, let user = environment.filled("OS_USERNAME"), let project = environment.filled("OS_PROJECT_ID")
        {
            return "\(user):\(project)"
        }
        throw CommandError(
            .misused,
            "there is no token",
            advice: isKeystone
                ? "run: export REPRIEVE_TOKEN=$(openstack token issue -f value -c id)"
                : "set REPRIEVE_TOKEN; an API without authentication takes USER:PROJECT:ROLE"
        )
    }
}

extension [String: String] {
    /// The value of a variable; an empty one counts as not set.
    fileprivate func filled(_ variable: String) -> String? {
        self[variable].flatMap { $0.isEmpty ? nil : $0 }
    }
}
