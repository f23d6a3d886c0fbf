/// Callers in line: first come, first served, and any of them can leave.
struct WaiterQueue<Waiter: Sendable>: Sendable {
    private struct Entry {
        let waiter: Waiter
        let deadline: ContinuousClock.Instant
    }

    private var entries: [Int: Entry] = [:]
    private var firstNumber = 0
    private var nextNumber = 0

    var count: Int { entries.count }

    /// The deadline of the first in line.
    var firstDeadline: ContinuousClock.Instant? {
        mutating get {
            skipThoseWhoLeft()
            return entries[firstNumber]?.deadline
        }
    }

    /// Appends a waiter, whose deadline is not before any other's, and gives it its number.
    mutating func append(_ waiter: Waiter, deadline: ContinuousClock.Instant) -> Int {
        defer { nextNumber += 1 }
        entries[nextNumber] = Entry(waiter: waiter, deadline: deadline)
        return nextNumber
    }

    mutating func remove(_ number: Int) -> Waiter? {
        entries.removeValue(forKey: number)?.waiter
    }

    mutating func popFirst() -> Waiter? {
        skipThoseWhoLeft()
        return remove(firstNumber)
    }

    /// Takes the first in line if its deadline has come.
    mutating func popFirst(dueAt now: ContinuousClock.Instant) -> Waiter? {
        guard let firstDeadline, firstDeadline <= now else { return nil }
        return popFirst()
    }

    private mutating func skipThoseWhoLeft() {
        while firstNumber < nextNumber, entries[firstNumber] == nil { firstNumber += 1 }
    }
}
