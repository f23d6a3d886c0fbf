/// The query of a request, in its order; a name may come several times.
struct Query: Sendable {
    private(set) var items: [Item]

    struct Item: Sendable, Hashable {
        let name: String
        let value: String
    }

    init(_ text: Substring) {
        items = text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Item(
                name: PercentCoding.decode(parts[0], plusIsSpace: true),
                value: parts.count > 1 ? PercentCoding.decode(parts[1], plusIsSpace: true) : ""
            )
        }
    }

    /// The last value of a name: the one that counts in Nova.
    subscript(_ name: String) -> String? {
        items.last { $0.name == name }?.value
    }

    func values(_ name: String) -> [String] {
        items.filter { $0.name == name }.map(\.value)
    }

    func contains(_ name: String) -> Bool {
        items.contains { $0.name == name }
    }

    /// A yes or no that is no when it cannot be read, as Nova takes it for filters.
    func flag(_ name: String) -> Bool {
        self[name].flatMap(Self.boolean) ?? false
    }

    /// Whether servers of every project are asked for. Without a value it means yes.
    /// - Throws: ``APIFault`` `.badRequest` for a value that is no boolean.
    func asksForAllProjects() throws(APIFault) -> Bool {
        guard let value = self["all_tenants"] else { return false }
        if value.isEmpty { return true }
        guard let answer = Self.boolean(value) else {
            let words = (Self.yes + Self.no).sorted().map { "'\($0)'" }.joined(separator: ", ")
            throw APIFault(.badRequest, "Unrecognized value '\(value)', acceptable values are: \(words)")
        }
        return answer
    }

    /// How many rows a page may have.
    /// - Returns: 0 ... `maximum`; 0 is what Nova takes for "no wish".
    /// - Throws: ``APIFault`` `.badRequest`.
    func limit(maximum: Int) throws(APIFault) -> Int? {
        guard let value = self["limit"] else { return nil }
        guard value.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            throw .query("limit", value, "'\(value)' does not match '^[0-9]*$'")
        }
        guard !value.isEmpty else { throw APIFault(.badRequest, "limit param must be an integer") }
        // Digits that make no number make one that is too large.
        return min(Int(value) ?? maximum, maximum)
    }

    /// The same query with another marker, as a link carries it.
    func text(marker: String) -> String {
        (items.filter { $0.name != "marker" } + [Item(name: "marker", value: marker)])
            .map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }
            .joined(separator: "&")
    }

    private static let yes = ["1", "t", "true", "on", "y", "yes"]
    private static let no = ["0", "f", "false", "off", "n", "no"]

    private static func boolean(_ text: String) -> Bool? {
        let word = text.trimmed.lowercased()
        if yes.contains(word) { return true }
        return no.contains(word) ? false : nil
    }
}
