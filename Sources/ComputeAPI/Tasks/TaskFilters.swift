import Foundation

/// What a list of tasks is asked to show.
struct TaskFilters {
    let server: UUID?
    let status: String?
    let kind: String?
    let marker: UUID?
    let limit: Int?

    private static let statuses = ["queued", "running", "retrying", "succeeded", "failed", "cancelled"]
    private static let kinds = ["soft_delete", "restore", "purge", "force_delete"]

    /// - Throws: ``APIFault`` `.badRequest`.
    init(_ query: Query, maximumPage: Int) throws(APIFault) {
        limit = try query.limit(maximum: maximumPage)
        status = try Self.word(query, "status", Self.statuses)
        kind = try Self.word(query, "kind", Self.kinds)
        server = try Self.server(query)
        marker = try Self.marker(query)
    }

    private static func word(_ query: Query, _ name: String, _ words: [String]) throws(APIFault) -> String? {
        guard let value = query[name] else { return nil }
        guard words.contains(value) else {
            let list = words.map { "'\($0)'" }.joined(separator: ", ")
            throw .query(name, value, "'\(value)' is not one of [\(list)]")
        }
        return value
    }

    /// Of a text that is no id there is no task.
    private static func marker(_ query: Query) throws(APIFault) -> UUID? {
        guard let value = query["marker"] else { return nil }
        guard let id = UUID(canonical: value) else { throw .unknownMarker(value) }
        return id
    }

    private static func server(_ query: Query) throws(APIFault) -> UUID? {
        guard let value = query["server_id"] else { return nil }
        guard let id = UUID(canonical: value) else { throw .query("server_id", value, "'\(value)' is not a 'uuid'") }
        return id
    }
}
