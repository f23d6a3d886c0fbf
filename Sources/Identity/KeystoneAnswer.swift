import Foundation

/// What Keystone says of a token: the body of `/v3/auth/tokens`, as far as we need it.
struct KeystoneAnswer: Decodable {
    struct Domain: Decodable {
        var id: String
        var name: String
    }

    struct Member: Decodable {
        var id: String
        var name: String
        var domain: Domain?
    }

    struct GrantedRole: Decodable {
        var name: String
    }

    struct System: Decodable {
        var all: Bool?
    }

    struct Token: Decodable {
        var expires_at: String
        var user: Member
        var project: Member?
        var domain: Domain?
        var system: System?
        var roles: [GrantedRole]?
    }

    var token: Token

    /// Until when Keystone lets the token live; nil when it does not say so in words that we know.
    var expiry: Date? {
        let withFraction = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return (try? withFraction.parse(token.expires_at)) ?? (try? Date.ISO8601FormatStyle().parse(token.expires_at))
    }

    /// The roles as Keystone sends them, which has added those they imply.
    var roles: Set<Role> { Set((token.roles ?? []).map { Role($0.name) }) }

    /// Who it is.
    ///
    /// Roles in a domain or in the system are none in a project, and so count for nothing here, as in Nova: else the
    /// administrator of one domain would be that of all.
    var credentials: Credentials {
        var credentials = Credentials(userID: token.user.id, projectID: token.project?.id ?? "", roles: [])
        if token.project != nil { credentials.roles = roles }
        credentials.userName = token.user.name
        credentials.userDomainID = token.user.domain?.id
        credentials.projectName = token.project?.name
        credentials.projectDomainID = token.project?.domain?.id
        credentials.domainID = token.domain?.id
        credentials.systemScope = token.system?.all == true ? "all" : nil
        return credentials
    }
}

extension KeystoneConfiguration.Login {
    /// The body with which we ask for a token.
    func request() throws -> Data {
        try JSONSerialization.data(withJSONObject: ["auth": auth])
    }

    private var auth: [String: Any] {
        switch self {
        case .password(let user, let password, let userDomain, let project, let projectDomain):
            let user: [String: Any] = ["name": user, "domain": ["name": userDomain], "password": password.text]
            return [
                "identity": ["methods": ["password"], "password": ["user": user]],
                "scope": ["project": ["name": project, "domain": ["name": projectDomain]]],
            ]
        case .applicationCredential(let id, let secret):
            return [
                "identity": [
                    "methods": ["application_credential"],
                    "application_credential": ["id": id, "secret": secret.text],
                ]
            ]
        }
    }
}
