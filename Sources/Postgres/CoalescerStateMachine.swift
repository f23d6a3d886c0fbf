/// Who waits for a ``Coalescer`` and how many lanes are at work: its pure part, without I/O.
///
/// A lane is free, starting, or running. Only one lane starts at a time: it takes all who came until it was started,
/// and a second one would find nobody.
struct CoalescerStateMachine<Waiter: Sendable>: Sendable {
    private struct Entry {
        let number: Int
        let waiter: Waiter
    }

    let lanes: Int
    let batchLimit: Int
    let waiterLimit: Int

    /// In order of arrival.
    private var line: [Entry] = []
    private var nextNumber = 0
    private var running = 0
    private var isStarting = false

    init(lanes: Int, batchLimit: Int, waiterLimit: Int) {
        self.lanes = lanes
        self.batchLimit = batchLimit
        self.waiterLimit = waiterLimit
    }

    var waiting: Int { line.count }

    /// A number to be in line under.
    mutating func drawNumber() -> Int {
        nextNumber += 1
        return nextNumber
    }

    /// Puts a caller in line.
    /// - Returns: false when the line is full, and the caller was not put in it.
    mutating func enqueue(_ waiter: Waiter, number: Int) -> Bool {
        guard line.count < waiterLimit else { return false }
        line.append(Entry(number: number, waiter: waiter))
        return true
    }

    /// Takes a caller out of the line; nil when a lane has taken it.
    mutating func leave(_ number: Int) -> Waiter? {
        guard let index = line.firstIndex(where: { $0.number == number }) else { return nil }
        return line.remove(at: index).waiter
    }

    /// Whether a lane must be started now; then ``nextBatch(isFirst:)`` must follow.
    mutating func startsLane() -> Bool {
        guard !line.isEmpty, !isStarting, running < lanes else { return false }
        isStarting = true
        running += 1
        return true
    }

    /// What a lane does next, the first in line first; nothing ends the lane.
    /// - Parameter isFirst: whether the lane was started just now.
    mutating func nextBatch(isFirst: Bool) -> [Waiter] {
        if isFirst { isStarting = false }
        if line.isEmpty { running -= 1 }
        defer { line.removeFirst(min(batchLimit, line.count)) }
        return line.prefix(batchLimit).map { $0.waiter }
    }
}
