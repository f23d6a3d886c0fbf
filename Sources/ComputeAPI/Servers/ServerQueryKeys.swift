import Foundation

/// What the query of a server list may look like: Nova looks at this before it asks who may.
enum ServerQueryKeys {
    /// - Throws: ``APIFault`` `.badRequest`.
    static func check(_ query: Query, _ version: Microversion) throws(APIFault) {
        try ServerSorting.check(query, version)
        try query.checkTimes("changes-since")
        try query.checkLimit()
        for key in ServerFilterKey.all where key.isPattern(in: version) {
            guard let value = query.values(key.name).first(where: { !isPattern($0) }) else { continue }
            throw ServerFilters.badPattern(key.name, value)
        }
        if version >= Microversion(2, 66) { try query.checkTimes("changes-before") }
        guard version >= Microversion(2, 75) else { return }
        let names = Set(query.items.map(\.name)).subtracting(known).filter { !$0.hasPrefix("_") }.sorted()
        guard !names.isEmpty else { return }
        let list = names.map { "'\($0)'" }.joined(separator: ", ")
        throw APIFault(.badRequest, "\(list) \(names.count == 1 ? "does" : "do") not match any of the regexes: '^_'")
    }

    /// Whether a value is a regular expression in Nova's language, also under a key that nobody then looks at. Groups
    /// with a question mark and single braces are read otherwise there than here, and are let pass.
    private static func isPattern(_ value: String) -> Bool {
        guard !value.isEmpty else { return false }
        guard value.contains(where: special.contains), !value.contains("{"), !value.contains("(?") else { return true }
        do {
            _ = try NSRegularExpression(pattern: value)
            return true
        } catch {
            return false
        }
    }

    private static let special: Set<Character> = ["\\", "[", "]", "(", ")", "*", "+", "?"]

    /// Keys that lead into tables which are nobody's business. Only those who may use every filter are told.
    /// - Throws: ``APIFault`` `.badRequest`.
    static func checkFields(_ query: Query) throws(APIFault) {
        guard let item = query.items.first(where: { joined.contains($0.name) || $0.name.hasPrefix("_") }) else {
            return
        }
        throw APIFault(.badRequest, "Invalid filter field: \(item.name).")
    }

    private static let joined: Set<String> = [
        "block_device_mapping", "info_cache", "metadata", "pci_devices", "security_groups", "services",
        "system_metadata",
    ]

    /// From 2.75 on.
    private static let known = joined.union(ServerFilterKey.all.map(\.name)).union([
        "all_tenants", "changes-before", "changes-since", "deleted", "limit", "marker", "soft_deleted", "sort_dir",
        "sort_key", "status",
    ])
}

extension Query {
    /// The time under a name; nil when there is none.
    func time(_ name: String) -> Date? {
        self[name].flatMap(QueryTime.parse)
    }

    /// - Throws: ``APIFault`` `.badRequest` for the first value that is no time.
    func checkTimes(_ name: String) throws(APIFault) {
        guard let value = values(name).first(where: { QueryTime.parse($0) == nil }) else { return }
        throw .query(name, value, "'\(value)' is not a 'date-time'")
    }

    /// The changes that are asked for.
    /// - Throws: ``APIFault`` `.badRequest` when the bounds are the wrong way round.
    func changes(_ version: Microversion) throws(APIFault) -> (since: Date?, until: Date?) {
        let since = time("changes-since")
        guard version >= Microversion(2, 66), let until = time("changes-before") else { return (since, nil) }
        if let since, until < since {
            throw APIFault(.badRequest, "The value of changes-since must be less than or equal to changes-before.")
        }
        return (since, until)
    }
}
