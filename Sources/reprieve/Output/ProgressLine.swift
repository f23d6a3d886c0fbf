/// Tells who waits how it stands: on a terminal one line that is written anew, elsewhere a line for each change.
struct ProgressLine {
    private let title: String
    private let start = ContinuousClock.now
    private let isTerminal = Output.isTerminal
    private var last: String
    private var isOpen = false

    /// - Parameter standing: how it stands, as has been told already.
    init(title: String, standing: String) {
        self.title = title
        last = standing
    }

    /// Shows how it stands now.
    mutating func show(_ standing: String) {
        if isTerminal {
            redraw("\(title), \(elapsed): \(standing)")
        } else if standing != last {
            Output.line("\(title): \(standing)".printable)
        }
        last = standing
    }

    /// Shows how it ended, for good.
    mutating func finish(_ ending: String) {
        let line = "\(title): \(ending) after \(elapsed)"
        guard isTerminal else { return Output.line(line.printable) }
        redraw(line)
        end()
    }

    /// Leaves the line, so that what comes next has its own. It may be called twice.
    mutating func end() {
        if isOpen { Output.write("\n") }
        isOpen = false
    }

    private var elapsed: String { TimeText.short(start.duration(to: .now)) }

    private mutating func redraw(_ text: String) {
        // A line that wraps could not be taken back.
        let line = Output.width.map { String(text.printable.prefix(max(1, $0 - 1))) } ?? text.printable
        Output.write("\r\u{1B}[K\(line)")
        isOpen = true
    }
}
