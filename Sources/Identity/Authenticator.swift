/// Finds out whose token it is.
package protocol Authenticator: Sendable {
    /// The user behind a token.
    /// - Parameter token: the value of `X-Auth-Token`, as it came.
    /// - Throws: ``IdentityError`` `.invalidToken`, `.unavailable`, `.refused`.
    func credentials(for token: String) async throws(IdentityError) -> Credentials
}
