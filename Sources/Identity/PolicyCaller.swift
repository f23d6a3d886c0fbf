/// The credentials of a caller under the names that oslo.context gives them.
struct PolicyCaller: PolicyAttributes {
    let credentials: Credentials
    /// What says whether the caller is an administrator; nil while exactly that is being found out.
    let rules: PolicyRules?

    func attribute(_ name: String) -> PolicyValue? {
        switch name {
        case "project_id", "tenant": Self.id(credentials.projectID)
        case "user_id", "user": Self.id(credentials.userID)
        case "is_admin": rules.map { .bool($0.isAdministrator(credentials)) } ?? PolicyValue.none
        case "roles": .list(credentials.roles.map { .text($0.name) })
        case "system_scope": Self.known(credentials.systemScope)
        // oslo.policy adds this one only for a token of the system.
        case "system": credentials.systemScope.map(PolicyValue.text)
        case "domain_id", "domain": Self.known(credentials.domainID)
        case "user_domain_id", "user_domain": Self.known(credentials.userDomainID)
        case "project_domain_id", "project_domain": Self.known(credentials.projectDomainID)
        case "user_name": Self.known(credentials.userName)
        case "project_name": Self.known(credentials.projectName)
        case "is_admin_project": .bool(true)
        default: nil
        }
    }

    func holds(role: String) -> Bool {
        credentials.roles.contains(Role(role)) || credentials.roles.contains { $0.name.lowercased() == role }
    }

    private static func id(_ text: String) -> PolicyValue { text.isEmpty ? .none : .text(text) }

    /// An attribute that callers have, though nothing may be known of this one's.
    private static func known(_ text: String?) -> PolicyValue { text.map(PolicyValue.text) ?? .none }
}

extension Credentials {
    /// What the caller acts on where that is no server: things of its own project.
    package var ownTarget: PolicyTarget {
        PolicyTarget(
            projectID: projectID.isEmpty ? nil : projectID,
            userID: userID.isEmpty ? nil : userID
        )
    }
}
