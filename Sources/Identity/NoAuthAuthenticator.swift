/// Believes everybody: a token says who it is for, as `USER:PROJECT` or `USER:PROJECT:ROLE,ROLE`.
///
/// For a laptop and for tests. Without the third part the user is a member of the project.
package struct NoAuthAuthenticator: Authenticator {
    /// Needs nothing.
    package init() {}

    /// What the token says.
    /// - Throws: ``IdentityError`` `.invalidToken`, whose message says what is wrong with it.
    package func credentials(for token: String) async throws(IdentityError) -> Credentials {
        let parts = token.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), !parts[0].isEmpty else {
            throw IdentityError(.invalidToken, "The token must be USER:PROJECT or USER:PROJECT:ROLE,ROLE.")
        }
        guard !parts[1].isEmpty, parts[1].utf8.allSatisfy(Self.mayStandInProject) else {
            throw IdentityError(
                .invalidToken,
                "The project '\(parts[1])' of the token is not made of the characters 0-9, a-f and -."
            )
        }
        let roles = parts.count == 3 ? try Self.roles(parts[2]) : [.member]
        return Credentials(userID: parts[0], projectID: parts[1], roles: roles)
    }

    private static func roles(_ list: String) throws(IdentityError) -> Set<Role> {
        var roles: Set<Role> = []
        for name in list.split(separator: ",", omittingEmptySubsequences: false) {
            let role = Role(String(name))
            guard Role.ladder.contains(role) else {
                let known = Role.ladder.map(\.name).joined(separator: ", ")
                throw IdentityError(.invalidToken, "The token names the role '\(name)', which is none of \(known).")
            }
            roles.insert(role)
        }
        return roles
    }

    private static func mayStandInProject(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "-"): true
        default: false
        }
    }
}
