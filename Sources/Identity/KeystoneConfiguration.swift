/// Which Keystone is asked whose token it is, as whom, and how much of that is remembered.
package struct KeystoneConfiguration: Sendable {
    /// How we ourselves log in.
    package enum Login: Sendable {
        /// As a user in a project; domains and project by name.
        case password(user: String, password: Secret, userDomain: String, project: String, projectDomain: String)
        /// With an application credential, which knows its user and its project.
        case applicationCredential(id: String, secret: Secret)
    }

    /// Where Keystone is, without a slash at the end and without the version.
    package let url: String
    /// As whom we ask.
    package let login: Login
    /// How long an answer of Keystone's holds; zero remembers nothing.
    package var cacheDuration = Duration.seconds(60)
    /// Tokens that are remembered, 2 or more; and as many that are nobody's.
    package var cacheSize = 10_000
    /// How long one call to Keystone may take.
    package var timeout = Duration.seconds(10)

    /// - Parameter url: with or without `/v3` at its end, since both are usual.
    package init(url: String, login: Login) {
        var url = Substring(url)
        while url.hasSuffix("/") { url.removeLast() }
        if url.hasSuffix("/v3") { url.removeLast(3) }
        while url.hasSuffix("/") { url.removeLast() }
        self.url = String(url)
        self.login = login
    }
}

extension KeystoneConfiguration.Login: CustomStringConvertible {
    /// Who logs in, for an operator who has to find what is wrong with it.
    package var description: String {
        switch self {
        case .password(let user, _, let userDomain, let project, let projectDomain):
            "user '\(user)' of domain '\(userDomain)' in project '\(project)' of domain '\(projectDomain)'"
        case .applicationCredential(let id, _):
            "application credential '\(id)'"
        }
    }
}

/// A text that shows itself neither in a description nor by reflection, so that no log can have it by mistake.
package struct Secret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    let text: String

    /// - Parameter text: what must not be shown.
    package init(_ text: String) {
        self.text = text
    }

    /// The same for every secret.
    package var description: String { "a secret" }
    /// Nothing, so that `dump` and debuggers show nothing either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
