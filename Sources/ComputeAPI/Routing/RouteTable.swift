import HTTPTypes

/// A method and a shape of path, such as `servers/{id}/action`. `*` at the end stands for any rest, also none.
struct Route: Sendable {
    let method: HTTPRequest.Method?
    /// The shape of its path, as it is written in the table.
    let path: String
    let endpoint: Endpoint
    private let pattern: [Part]

    private enum Part {
        case literal(String)
        case parameter
        case rest

        init(_ text: Substring) {
            switch text {
            case "*": self = .rest
            case _ where text.hasPrefix("{"): self = .parameter
            default: self = .literal(String(text))
            }
        }
    }

    /// - Parameter method: nil is every method.
    init(_ method: HTTPRequest.Method?, _ pattern: StaticString, _ endpoint: Endpoint) {
        self.method = method
        self.endpoint = endpoint
        path = "\(pattern)"
        self.pattern = path.split(separator: "/").map(Part.init)
    }

    /// What stands where the pattern has braces, or nil when the path has another shape.
    func match(_ segments: ArraySlice<String>) -> [String]? {
        var parameters: [String] = []
        var rest = segments
        for part in pattern {
            if case .rest = part { return parameters }
            guard let segment = rest.popFirst() else { return nil }
            if case .literal(let text) = part {
                guard text == segment else { return nil }
            } else {
                parameters.append(segment)
            }
        }
        return rest.isEmpty ? parameters : nil
    }
}

/// Every route under `/v2.1` and `/v2`.
enum RouteTable {
    struct Match: Sendable {
        let endpoint: Endpoint
        let parameters: [String]
        /// The project in the URL, when it has one.
        let projectID: String?
    }

    /// Finds the route of a path in either form: with a project in front or without.
    /// - Parameter segments: what follows the version.
    static func match(_ method: HTTPRequest.Method, _ segments: ArraySlice<String>) -> Match? {
        guard let last = segments.last, !last.hasSuffix(".json") else { return nil }
        if let match = match(method, segments, projectID: nil) { return match }
        guard let project = segments.first, isProject(project) else { return nil }
        return match(method, segments.dropFirst(), projectID: project)
    }

    private static func match(
        _ method: HTTPRequest.Method,
        _ segments: ArraySlice<String>,
        projectID: String?
    ) -> Match? {
        for route in routes where route.method == nil || route.method == method {
            guard let parameters = route.match(segments) else { continue }
            return Match(endpoint: route.endpoint, parameters: parameters, projectID: projectID)
        }
        return nil
    }

    private static func isProject(_ text: String) -> Bool {
        text.utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
                || $0 == UInt8(ascii: "-")
        }
    }

    static let routes = ours + absent

    static let ours = [
        Route(.post, "servers/{id}/action", .actOnServer),
        Route(.get, "servers/detail", .listServers(isDetailed: true)),
        Route(.get, "servers/{id}", .showServer),
        Route(.get, "tasks/{id}", .showTask),
        Route(.get, "servers", .listServers(isDetailed: false)),
        Route(.delete, "servers/{id}", .deleteServer),
        Route(.get, "servers/{id}/os-instance-actions", .listActions),
        Route(.get, "servers/{id}/os-instance-actions/{request}", .showAction),
        Route(.get, "tasks", .listTasks),
        Route(.put, "servers/{id}", .updateServer),
        Route(.get, "os-quota-sets/{project}", .showQuota(isDetailed: false)),
        Route(.get, "os-quota-sets/{project}/detail", .showQuota(isDetailed: true)),
        Route(.get, "os-quota-sets/{project}/defaults", .showDefaultQuota),
        Route(.put, "os-quota-sets/{project}", .updateQuota),
        Route(.delete, "os-quota-sets/{project}", .resetQuota),
        Route(.get, "limits", .showLimits),
        Route(.get, "os-services", .listServices),
        Route(.put, "os-services/{id}", .updateService),
        Route(.get, "flavors/detail", .listFlavors),
    ]
}
