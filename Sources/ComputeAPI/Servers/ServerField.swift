import Compute

/// One key in the body of a server: from which version, for whom, and what.
struct ServerField: Sendable {
    enum Audience: Sendable, Hashable {
        case everyone
        /// Those who may see where a server lives.
        case administrators
    }

    let name: String
    let audience: Audience
    private let first: Microversion
    private let until: Microversion?
    private let isListed: Bool
    private let value: @Sendable (Server, ServerView) -> JSON?

    /// - Parameters:
    ///   - first: the version that brought the key.
    ///   - until: the version that took it away; nil: none.
    ///   - isListed: whether lists have it too.
    ///   - value: nil leaves the key out.
    init(
        _ name: String,
        from first: Microversion = .minimum,
        until: Microversion? = nil,
        for audience: Audience = .everyone,
        isListed: Bool = true,
        _ value: @escaping @Sendable (Server, ServerView) -> JSON?
    ) {
        self.name = name
        self.audience = audience
        self.first = first
        self.until = until
        self.isListed = isListed
        self.value = value
    }

    /// The body of a server.
    /// - Parameter isListed: whether it stands in a list.
    static func body(of view: ServerView, isListed: Bool = false) -> JSON {
        .object(
            all.compactMap { field in
                guard field.isIn(view.version), field.isListed || !isListed,
                    view.showsHost || field.audience == .everyone,
                    let value = field.value(view.server, view)
                else { return nil }
                return JSONMember(name: field.name, value: value)
            }
        )
    }

    /// The body of a server that was just changed: up to 2.74 Nova leaves most extensions out.
    static func body(ofChanged view: ServerView) -> JSON {
        let body = body(of: view)
        guard view.version < Microversion(2, 75), case .object(let members) = body else { return body }
        return .object(
            members.filter { member in
                !member.name.hasPrefix("OS-") && !["config_drive", "key_name", "host_status"].contains(member.name)
                    && !member.name.hasPrefix("os-") || member.name == "OS-DCF:diskConfig"
            }
        )
    }

    /// What a plain list says of a server.
    static func summary(of server: Server, _ request: APIRequest) -> JSON {
        [
            "id": .string(server.id.text),
            "name": .string(server.name),
            "links": ServerParts.links(server, request.links),
        ]
    }

    private func isIn(_ version: Microversion) -> Bool {
        guard first <= version else { return false }
        guard let until else { return true }
        return version < until
    }
}
