/// Absolute URLs in answers, in the form that the request's URL had.
struct Links: Sendable {
    /// Scheme and authority, without a slash at the end.
    let base: String
    /// `v2.1` or `v2`.
    let version: String
    /// The project in the request's URL, if there.
    let projectID: String?

    /// The URL of something, under the version.
    func url(_ path: String) -> String {
        "\(base)/\(version)/\(inProject(path))"
    }

    /// The URL without a version: Nova's bookmark.
    func bookmark(_ path: String) -> JSON {
        ["rel": "bookmark", "href": .string("\(base)/\(inProject(path))")]
    }

    /// A link, under the version.
    func link(_ relation: String, _ path: String) -> JSON {
        ["rel": .string(relation), "href": .string(url(path))]
    }

    private func inProject(_ path: String) -> String {
        projectID.map { "\($0)/\(path)" } ?? path
    }
}
