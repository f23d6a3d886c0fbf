/// The documents by which clients find their way: which versions there are, and where.
struct VersionDocuments {
    let base: String

    /// `GET /`.
    var list: JSON {
        ["versions": [summary(isV2: true), summary(isV2: false)]]
    }

    /// `GET /v2.1` and `GET /v2`.
    func document(isV2: Bool) -> JSON {
        let description: JSON = ["rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"]
        guard case .object(var members) = summary(isV2: isV2), case .array(let links) = members.removeLast().value
        else {
            preconditionFailure("the last key of a version is its links")
        }
        members.append(JSONMember(name: "links", value: .array(links + [description])))
        members.append(JSONMember(name: "media-types", value: mediaTypes(isV2: isV2)))
        return ["version": .object(members)]
    }

    /// Where a path that leads nowhere could have meant to go.
    func choices(_ target: RequestTarget) -> JSON {
        let path = target.segments.joined(separator: "/")
        return ["choices": .array([choice(isV2: true, path), choice(isV2: false, path)])]
    }

    private func summary(isV2: Bool) -> JSON {
        [
            "id": .string(id(isV2: isV2)),
            "status": status(isV2: isV2),
            "version": .string(isV2 ? "" : "\(Microversion.maximum)"),
            "min_version": .string(isV2 ? "" : "\(Microversion.minimum)"),
            // When the version came into being; clients show it.
            "updated": isV2 ? "2011-01-21T11:33:21Z" : "2013-07-23T11:33:21Z",
            "links": [["rel": "self", "href": .string("\(base)/\(path(isV2: isV2))/")]],
        ]
    }

    private func choice(isV2: Bool, _ rest: String) -> JSON {
        [
            "id": .string(id(isV2: isV2)),
            "status": status(isV2: isV2),
            "links": [["rel": "self", "href": .string("\(base)/\(path(isV2: isV2))/\(rest)")]],
            "media-types": mediaTypes(isV2: isV2),
        ]
    }

    private func mediaTypes(isV2: Bool) -> JSON {
        let type = "application/vnd.openstack.compute+json;version=\(isV2 ? "2" : "2.1")"
        return [["base": "application/json", "type": .string(type)]]
    }

    private func id(isV2: Bool) -> String { isV2 ? "v2.0" : "v2.1" }
    private func path(isV2: Bool) -> String { isV2 ? "v2" : "v2.1" }
    private func status(isV2: Bool) -> JSON { isV2 ? "DEPRECATED" : "CURRENT" }
}
