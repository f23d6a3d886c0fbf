/// The SQLSTATEs that this module itself looks at (PostgreSQL's documentation, appendix A).
enum SQLState {
    static let readOnlyTransaction = "25006"
    static let inFailedTransaction = "25P02"
    static let deadlockDetected = "40P01"
    /// As the answer to a prepared statement: its result changed its type with the schema.
    static let featureNotSupported = "0A000"
    static let noSuchPreparedStatement = "26000"
    static let duplicatePreparedStatement = "42P05"

    private static let serverTrouble: Set<String> = [
        "53000", "53100", "53200", "53300",  // out of a resource
        "57P01", "57P02", "57P03",  // the server is stopping or starting
        readOnlyTransaction,
    ]

    private static let transient: Set<String> = [
        "40001",  // serialization_failure
        deadlockDetected,
        "55P03",  // lock_not_available
        "57014",  // query_canceled: as an error, the statement was rolled back
    ]

    /// Whether a statement was refused for being prepared, before anything of it was run.
    static func refusesPrepared(_ state: String?) -> Bool {
        [featureNotSupported, noSuchPreparedStatement, duplicatePreparedStatement].contains(state)
    }

    /// Whether the same statement can succeed later. All errors roll back, so repeating it is always without danger.
    static func isTransient(_ state: String) -> Bool {
        transient.contains(state) || isServerTrouble(state)
    }

    /// Whether the server itself is in trouble, so that any other statement would fail in the same way.
    static func isServerTrouble(_ state: String) -> Bool {
        serverTrouble.contains(state)
    }
}
