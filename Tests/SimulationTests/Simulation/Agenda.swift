/// What will happen in a simulation, and when: the earliest first, and of two at one time the one that was added first.
struct Agenda {
    struct Entry {
        /// Milliseconds since the simulation began.
        var at: Int
        fileprivate var number: Int
        /// The process that it happens in; nil: it happens whatever becomes of processes.
        var owner: SimulatedWorker?
        var action: () -> Void
    }

    /// The last is the next.
    private var entries: [Entry] = []
    private var count = 0

    mutating func add(at time: Int, owner: SimulatedWorker?, _ action: @escaping () -> Void) {
        count += 1
        let entry = Entry(at: time, number: count, owner: owner, action: action)
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].at > time { low = middle + 1 } else { high = middle }
        }
        // Those of the same time that were added before stay nearer to the end.
        entries.insert(entry, at: low)
    }

    mutating func next() -> Entry? {
        entries.popLast()
    }
}
