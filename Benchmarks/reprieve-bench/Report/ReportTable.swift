import Foundation

/// Figures as a table in Markdown.
struct ReportTable {
    let figures: [Figure]

    var text: String {
        let head = ["figure", "value", "against", "ratio", "batch", "lanes", "callers", "more"]
        let rows = [head, head.map { _ in "---" }] + figures.map(row)
        return rows.map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }

    private func row(_ figure: Figure) -> [String] {
        [
            figure.name,
            "\(Self.number(figure.value)) \(figure.unit)",
            "\(figure.reference): \(Self.number(figure.pgbench)) \(figure.pgbenchUnit)",
            figure.void ? "void" : figure.ratio.map { String(format: "%.2f", $0) } ?? "–",
            figure.batch.map(String.init) ?? "–",
            figure.lanes.map(String.init) ?? "–",
            figure.callers.map(String.init) ?? "–",
            figure.details.sorted { $0.key < $1.key }.map { "\($0.key) \(Self.number($0.value))" }
                .joined(separator: ", "),
        ]
    }

    /// Three digits at least, and no more after the point than they need.
    static func number(_ value: Double) -> String {
        switch abs(value) {
        case 100...: String(format: "%.0f", value)
        case 10...: String(format: "%.1f", value)
        case 0: "0"
        default: String(format: "%.3f", value)
        }
    }
}
