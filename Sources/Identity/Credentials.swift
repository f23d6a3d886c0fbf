/// Who makes a request, as an authenticator found out.
package struct Credentials: Sendable, Hashable {
    /// Keystone's id of the user.
    package var userID: String
    /// The project that the token is for; empty for a token that is for none.
    package var projectID: String
    /// Every role of the user in that project, the implied ones included.
    package var roles: Set<Role>
    /// The name of the user. It and the following names and domains are nil where nobody has told us.
    package var userName: String?
    /// The id of the domain that the user is of.
    package var userDomainID: String?
    /// The name of the project that the token is for.
    package var projectName: String?
    /// The id of the domain that the project is of.
    package var projectDomainID: String?
    /// The id of the domain that the token is for instead of a project.
    package var domainID: String?
    /// `all` for a token that is for the system instead of a project.
    package var systemScope: String?

    /// Makes credentials; roles that `roles` imply are added.
    package init(userID: String, projectID: String, roles: Set<Role>) {
        self.userID = userID
        self.projectID = projectID
        self.roles = Role.closure(of: roles)
    }
}
