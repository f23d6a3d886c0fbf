/// The SQLSTATEs that this module itself looks at (PostgreSQL's documentation, appendix A).
enum SQLState {
    static let readOnlyTransaction = "25006"
    static let inFailedTransaction = "25P02"

    private static let transient: Set<String> = [
        "40001",  // serialization_failure
        "40P01",  // deadlock_detected
        "55P03",  // lock_not_available
        "57014",  // query_canceled: as an error, the statement was rolled back
        "53000", "53100", "53200", "53300",  // out of a resource
        "57P01", "57P02", "57P03",  // the server is stopping or starting
        readOnlyTransaction,
    ]

    /// Whether the same statement can succeed later. All errors roll back, so repeating it is always without danger.
    static func isTransient(_ state: String) -> Bool {
        transient.contains(state)
    }
}
