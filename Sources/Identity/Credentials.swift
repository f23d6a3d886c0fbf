/// Who makes a request, as an authenticator found out.
package struct Credentials: Sendable, Hashable {
    package var userID: String
    /// The project that the token is for; empty for a token that is for none.
    package var projectID: String
    /// Every role of the user in that project, the implied ones included.
    package var roles: Set<Role>
    /// Names and domains, where the identity service has told them.
    package var userName: String?
    package var userDomainID: String?
    package var projectName: String?
    package var projectDomainID: String?
    /// The domain or the system (`all`) that the token is for instead of a project.
    package var domainID: String?
    package var systemScope: String?

    /// Makes credentials; roles that `roles` imply are added.
    package init(userID: String, projectID: String, roles: Set<Role>) {
        self.userID = userID
        self.projectID = projectID
        self.roles = Role.closure(of: roles)
    }
}
