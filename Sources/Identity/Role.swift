/// A role as Keystone names it; a cloud may have more than the four that the rules know.
package struct Role: Sendable, Hashable, CustomStringConvertible {
    /// As Keystone writes it.
    package let name: String

    /// - Parameter name: in the letters that Keystone has.
    package init(_ name: String) {
        self.name = name
    }

    /// May look at every project and act in it, by the default policy.
    package static let admin = Role("admin")
    /// May do in its project what a member may, by the default policy.
    package static let manager = Role("manager")
    /// May act in its project, by the default policy.
    package static let member = Role("member")
    /// May look at what is in its project, by the default policy.
    package static let reader = Role("reader")

    /// The known roles, each implying all that follow.
    static let ladder: [Role] = [.admin, .manager, .member, .reader]

    /// Its name.
    package var description: String { name }

    /// The roles and all that they imply.
    static func closure(of roles: Set<Role>) -> Set<Role> {
        guard let highest = ladder.firstIndex(where: roles.contains) else { return roles }
        return roles.union(ladder[highest...])
    }
}
