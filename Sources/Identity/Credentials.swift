/// Who makes a request, as an authenticator found out.
package struct Credentials: Sendable, Hashable {
    package var userID: String
    /// The project that the token is for.
    package var projectID: String
    /// Every role of the user in that project, the implied ones included.
    package var roles: Set<Role>

    /// Makes credentials; roles that `roles` imply are added.
    package init(userID: String, projectID: String, roles: Set<Role>) {
        self.userID = userID
        self.projectID = projectID
        self.roles = Role.closure(of: roles)
    }
}
