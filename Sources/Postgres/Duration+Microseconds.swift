extension Duration {
    /// The duration in microseconds, cut to a whole number towards zero and held to what an `Int64` can express.
    var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflowed) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, overflowedAgain) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        guard overflowed || overflowedAgain else { return sum }
        return seconds < 0 ? .min : .max
    }
}
