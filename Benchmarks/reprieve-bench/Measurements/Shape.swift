/// How the product's hot paths are cut, to be printed beside each figure.
enum Shape {
    /// Rows of one statement, at most: the worker's claims and finishes, and the accepting coalescer.
    static let batch = 500
    /// Statements of one process that may be on their way at once.
    static let lanes = 2
    /// Tasks that the benchmark's worker runs at once.
    static let slots = batch * lanes
    /// Jobs that the reference claims and completes at a time.
    static let referenceBatch = 100
    /// Clients of the reference of a drain.
    static let referenceClients = 4
    static let drainReference = "pgbench, 100 at a time, 4 clients"
}
