/// Where the first part of a path leads.
enum EntryPoint: Sendable, Hashable {
    case versionList
    /// The API at its lowest version, by its old name.
    case v2
    case v21
    /// The description of the API, in OpenAPI's words.
    case description
    /// Nowhere: the caller is shown where it could go.
    case choices

    init(_ target: RequestTarget) {
        switch target.segments.first {
        case nil: self = .versionList
        case "v2": self = .v2
        case "v2.1": self = .v21
        case "openapi.json" where target.segments.count == 1 && !target.endsWithSlash: self = .description
        default: self = .choices
        }
    }
}
