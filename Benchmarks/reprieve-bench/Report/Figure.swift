/// One measured figure with its reference: what a verb prints as its last line, and a row of the table of `all`.
struct Figure: Sendable, Encodable {
    var verb: String
    /// What was measured, for the table.
    var name: String
    var value: Double
    var unit: String
    /// What pgbench did on the same server in the same run.
    var pgbench: Double
    var pgbenchUnit: String
    var reference: String
    /// The value against the reference; nil when void, or when the two do not compare.
    var ratio: Double?
    var void: Bool
    /// Rows that one statement may carry, and statements that may be on their way at once.
    var batch: Int?
    var lanes: Int?
    /// Concurrent callers, connections or worker processes.
    var callers: Int?
    var rounds: Int
    /// The value of each round, in order.
    var values: [Double]
    /// More about it, by name.
    var details: [String: Double] = [:]
}

extension Figure {
    /// A figure whose ratio is that of its rounds.
    init(
        verb: String,
        name: String,
        unit: String,
        reference: String,
        rounds: Rounds,
        batch: Int? = nil,
        lanes: Int? = nil,
        callers: Int? = nil,
        details: [String: Double] = [:]
    ) {
        self.init(
            verb: verb,
            name: name,
            value: rounds.value,
            unit: unit,
            pgbench: rounds.reference,
            pgbenchUnit: unit,
            reference: reference,
            ratio: rounds.ratio,
            void: rounds.isVoid,
            batch: batch,
            lanes: lanes,
            callers: callers,
            rounds: rounds.ours.count,
            values: rounds.ours,
            details: details
        )
    }
}
