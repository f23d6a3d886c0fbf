import Identity
import Testing

@Suite("Tokens that say who they are for")
struct NoAuthTests {
    private func credentials(_ token: String) async throws -> Credentials {
        try await NoAuthAuthenticator().credentials(for: token)
    }

    @Test("two parts make a member, who is a reader too")
    func member() async throws {
        let credentials = try await credentials("alice:ab12-cd")
        #expect(credentials.userID == "alice")
        #expect(credentials.projectID == "ab12-cd")
        #expect(credentials.roles == [.member, .reader])
    }

    @Test(
        "a role implies those below it",
        arguments: [
            ("admin", [Role.admin, .manager, .member, .reader]),
            ("manager", [.manager, .member, .reader]),
            ("member", [.member, .reader]),
            ("reader", [.reader]),
            ("reader,manager", [.manager, .member, .reader]),
        ]
    )
    func impliedRoles(list: String, roles: [Role]) async throws {
        #expect(try await credentials("u:a:\(list)").roles == Set(roles))
    }

    @Test(
        "what cannot be read is nobody's token, and the message says why",
        arguments: [
            ("", "USER:PROJECT"), ("alice", "USER:PROJECT"), (":ab", "USER:PROJECT"), ("a:b:member:x", "USER:PROJECT"),
            ("alice:", "project ''"), ("alice:demo", "project 'demo'"), ("alice:AB", "project 'AB'"),
            ("alice:ab:owner", "role 'owner'"), ("alice:ab:", "role ''"), ("alice:ab:Admin", "role 'Admin'"),
            ("alice:ab:member,,reader", "role ''"), ("alice:ab:member, reader", "role ' reader'"),
        ]
    )
    func refusals(token: String, message: String) async {
        let error = await #expect(throws: IdentityError.self) { try await credentials(token) }
        #expect(error?.code == .invalidToken)
        #expect(error?.message.contains(message) == true)
    }
}
