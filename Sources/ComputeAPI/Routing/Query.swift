import Foundation

/// The query of a request, in its order; a name may come several times.
struct Query: Sendable {
    private(set) var items: [Item]
    /// Where it is not, the items have a replacement for what cannot be read.
    let isUTF8: Bool

    struct Item: Sendable, Hashable {
        let name: String
        let value: String
    }

    init(_ text: Substring) {
        isUTF8 = PercentCoding.isUTF8(text)
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
        return try Self.strictBoolean(value)
    }

    /// - Throws: ``APIFault`` `.badRequest` for a value that is no boolean.
    static func strictBoolean(_ value: String) throws(APIFault) -> Bool {
        guard let answer = boolean(value) else {
            let words = (yes + no).sorted().map { "'\($0)'" }.joined(separator: ", ")
            throw APIFault(.badRequest, "Unrecognized value '\(value)', acceptable values are: \(words)")
        }
        return answer
    }

    /// - Throws: ``APIFault`` `.badRequest` for a name that is none of these.
    func allow(_ names: [String]) throws(APIFault) {
        let others = Set(items.map(\.name)).subtracting(names).sorted()
        if !others.isEmpty { throw .additional(others) }
    }

    /// How many rows a page may have.
    /// - Returns: 0 ... `maximum`; nil when nothing is said.
    /// - Throws: ``APIFault`` `.badRequest`.
    func limit(maximum: Int) throws(APIFault) -> Int? {
        try checkLimit()
        guard let value = self["limit"] else { return nil }
        // Digits that make no number make one that is too large.
        return min(Int(value) ?? maximum, maximum)
    }

    /// - Throws: ``APIFault`` `.badRequest` for the first limit that is empty or has anything but digits.
    func checkLimit() throws(APIFault) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        for value in values("limit") {
            guard !value.isEmpty else { throw .query("limit", value, "'' should be non-empty") }
            guard value.utf8.allSatisfy(digits.contains) else {
                throw .query("limit", value, "'\(value)' does not match '^[0-9]*$'")
            }
        }
    }

    /// The same query with another marker, as a link carries it: sorted by name, the marker where one stood or at the
    /// end. A name that comes several times keeps all its values, without which the next page would be another list's.
    func text(marker: String) -> String {
        let sorted = items.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }
        let marked = Item(name: "marker", value: marker)
        var linked = sorted.map(\.element)
        if let index = linked.firstIndex(where: { $0.name == "marker" }) {
            linked[index] = marked
            linked = linked.enumerated().filter { $0.offset == index || $0.element.name != "marker" }.map(\.element)
        } else {
            linked.append(marked)
        }
        return
            linked
            .map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }
            .joined(separator: "&")
            .replacingOccurrences(of: "%20", with: "+")
    }

    private static let yes = ["1", "t", "true", "on", "y", "yes"]
    private static let no = ["0", "f", "false", "off", "n", "no"]

    private static func boolean(_ text: String) -> Bool? {
        let word = text.trimmed.lowercased()
        if yes.contains(word) { return true }
        return no.contains(word) ? false : nil
    }
}
