/// What `PUT servers/{id}` asks for.
struct ServerWish {
    let name: String?
    /// The empty one takes it away.
    let description: String?
    /// A field that Nova would change and Reprieve does not keep.
    private let unkept: String?

    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ body: BodyObject, at version: Microversion) throws(APIFault) {
        let hasDescription = version >= Microversion(2, 19)
        let hasHostname = version >= Microversion(2, 90)
        name = try body.text("name", like: .name)
        description = hasDescription ? try body.description() : nil
        var others = [
            "accessIPv4": try body.text("accessIPv4", like: .ipv4),
            "accessIPv6": try body.text("accessIPv6", like: .ipv6),
            Self.diskConfig: try body.word(Self.diskConfig, of: ["AUTO", "MANUAL"]),
        ]
        if hasHostname { others["hostname"] = try body.text("hostname", like: .hostname) }
        try body.allow(Set(others.keys).union(hasDescription ? ["name", "description"] : ["name"]))
        // Every server here has this one.
        if others[Self.diskConfig] == "MANUAL" { others[Self.diskConfig] = nil }
        unkept = others.filter { $0.value != nil }.keys.min()
    }

    /// - Throws: ``APIFault`` `.notImplemented` for a field that Reprieve does not keep.
    func refuseUnkept() throws(APIFault) {
        guard let unkept else { return }
        throw APIFault(
            .notImplemented,
            "Changing \(unkept) is not implemented: Reprieve changes the name and the description of a server, no more."
        )
    }

    private static let diskConfig = "OS-DCF:diskConfig"
}

extension BodyObject {
    /// The description: null is the empty one, which is none.
    fileprivate func description() throws(APIFault) -> String? {
        isNull("description") ? "" : try text("description", mayBeEmpty: true, orNull: true, like: .printable)
    }
}
