/// What was measured in alternation: ours and the reference, round by round. Pure.
struct Rounds: Sendable {
    private(set) var ours: [Double] = []
    private(set) var references: [Double] = []
    /// The best value that the reference has had in the whole run, in these rounds or before.
    private(set) var quiet: Double

    /// - Parameter quiet: the best value of the reference before; 0 when this is the first.
    init(quiet: Double = 0) {
        self.quiet = quiet
    }

    /// Adds a round.
    /// - Parameters:
    ///   - ours: more is better.
    ///   - reference: in the same unit, more is better.
    mutating func add(ours: Double, reference: Double) {
        self.ours.append(ours)
        references.append(reference)
        quiet = max(quiet, reference)
    }

    var value: Double { ours.median }
    var reference: Double { references.median }

    /// Whether the reference fell under half of its best value: something else was at work, and a ratio says nothing.
    var isVoid: Bool { reference < quiet / 2 }

    /// Ours against the reference, medians of each; nil when void.
    var ratio: Double? { isVoid || reference <= 0 ? nil : value / reference }
}

extension [Double] {
    /// The middle one, or the mean of the two in the middle; 0 when there is none.
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    /// The value below which `percent` of the values lie, by the nearest rank; 0 when there is none.
    func percentile(_ percent: Double) -> Double {
        guard !isEmpty else { return 0 }
        let rank = Int((percent / 100 * Double(count)).rounded(.up))
        return sorted()[Swift.min(Swift.max(rank, 1), count) - 1]
    }
}
