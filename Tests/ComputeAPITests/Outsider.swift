import Identity

/// Everybody is somebody with a role that no rule knows.
struct Outsider: Authenticator {
    func credentials(for token: String) async throws(IdentityError) -> Credentials {
        Credentials(userID: Sample.userID, projectID: Sample.projectID, roles: [Role("auditor")])
    }
}

/// The one who knows cannot be asked.
struct Unreachable: Authenticator {
    func credentials(for token: String) async throws(IdentityError) -> Credentials {
        throw IdentityError(.unavailable, "Connection refused by 10.1.2.3")
    }
}
