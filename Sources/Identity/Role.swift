/// A role as Keystone names it; a cloud may have more than the four that the rules know.
package struct Role: Sendable, Hashable, CustomStringConvertible {
    package let name: String

    package init(_ name: String) {
        self.name = name
    }

    package static let admin = Role("admin")
    package static let manager = Role("manager")
    package static let member = Role("member")
    package static let reader = Role("reader")

    /// The known roles, each implying all that follow.
    static let ladder: [Role] = [.admin, .manager, .member, .reader]

    package var description: String { name }

    /// The roles and all that they imply.
    static func closure(of roles: Set<Role>) -> Set<Role> {
        guard let highest = ladder.firstIndex(where: roles.contains) else { return roles }
        return roles.union(ladder[highest...])
    }
}
