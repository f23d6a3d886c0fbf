/// SQL text that was written as a literal in the source.
///
/// Only literals are accepted, so no value can ever be pasted into SQL: values travel as ``PostgresValue`` parameters
/// (`$1`, `$2`, …). A connection prepares each statement once, when its configuration allows it.
package struct Statement: Sendable, Hashable {
    /// The SQL text, exactly as written.
    package let sql: String

    /// The beginning of the text on one line, for messages and logs. It holds no value, since values are parameters.
    let excerpt: String

    /// Makes a statement from a literal.
    package init(_ sql: StaticString) {
        self.sql = sql.description
        excerpt = Self.excerpt(of: self.sql)
    }

    private static func excerpt(of sql: String) -> String {
        let line = sql.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count <= 100 ? line : line.prefix(100) + "…"
    }
}
