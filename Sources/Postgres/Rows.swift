import CLibPQ

/// The rows a statement gave, in order. A cheap value: copies share one result, which is freed with the last of them.
package struct Rows: Sendable, RandomAccessCollection {
    private let result: ResultHandle

    init(_ result: ResultHandle) {
        self.result = result
    }

    /// Zero.
    package var startIndex: Int { 0 }

    /// The number of rows; 0 for a statement that gives none.
    package var endIndex: Int { result.rowCount }

    /// The row at `position`, `0 ..< count`.
    package subscript(position: Int) -> Row {
        precondition(indices.contains(position), "row \(position) of \(count)")
        return Row(result: result, index: position)
    }

    /// How many rows an INSERT, UPDATE, DELETE or SELECT touched; 0 for other statements.
    package var affectedRows: Int { result.affectedRows }

    /// What PostgreSQL says it has done, such as `COMMIT`.
    var commandTag: String { result.commandTag }
}

/// One row of ``Rows``.
package struct Row: Sendable {
    let result: ResultHandle
    let index: Int

    /// Reads a column.
    ///
    /// - Parameters:
    ///   - type: what to read it as; an optional for a column that can be NULL.
    ///   - column: its name in the result.
    /// - Throws: ``PostgresError`` `.decoding`, naming the column and the type, when the column is absent, NULL for a
    ///   type that is no optional, or of another type.
    package func decode<Value: PostgresDecodable>(
        _ type: Value.Type,
        _ column: String
    ) throws(PostgresError) -> Value {
        guard let position = result.columns[column] else {
            throw failure("The result has no column \"\(column)\".")
        }
        do {
            return try result.withCell(row: index, column: position) { (cell) throws(PostgresCell.Mismatch) in
                try Value.decode(cell)
            }
        } catch {
            throw failure("Column \"\(column)\" cannot be read as \(type): \(error.reason).")
        }
    }

    private func failure(_ message: String) -> PostgresError {
        PostgresError(.decoding, message, retry: .never)
    }
}

/// The one owner of a `PGresult`.
final class ResultHandle: @unchecked Sendable {
    // Invariant that makes it Sendable: libpq never changes a result after it was handed out, and nothing here does.
    private let result: OpaquePointer

    /// The position of each column by name; of columns with the same name, the first.
    let columns: [String: Int32]

    /// Takes over `result`, which is freed with this object.
    init(_ result: OpaquePointer) {
        self.result = result
        let names = (0..<PQnfields(result)).map { (PQfname(result, $0).map { String(cString: $0) } ?? "", $0) }
        columns = Dictionary(names) { first, _ in first }
    }

    deinit {
        PQclear(result)
    }

    var rowCount: Int { Int(PQntuples(result)) }

    var affectedRows: Int {
        PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// The command that was completed, such as `INSERT 0 1`, `COMMIT` or `ROLLBACK`.
    var commandTag: String {
        PQcmdStatus(result).map { String(cString: $0) } ?? ""
    }

    /// Lends a cell for the duration of `body`.
    func withCell<Value>(
        row: Int,
        column: Int32,
        _ body: (PostgresCell) throws(PostgresCell.Mismatch) -> Value
    ) throws(PostgresCell.Mismatch) -> Value {
        defer { withExtendedLifetime(self) {} }
        let type = TypeIdentifier(PQftype(result, column))
        let row = Int32(row)
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else {
            return try body(PostgresCell(type: type, bytes: nil))
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column)))
        return try body(PostgresCell(type: type, bytes: bytes))
    }
}
