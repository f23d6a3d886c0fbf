/// Values that hold until their time is over, of which those that were not asked for lately give way to new ones.
///
/// There are two generations of half the limit each. What is new or asked for is young; when the young are too many they
/// become the old, and who was old is forgotten. So every call takes constant time, and nothing has to be swept.
struct RecentEntries<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        var end: ContinuousClock.Instant
    }

    private let half: Int
    private var young: [Key: Entry] = [:]
    private var old: [Key: Entry] = [:]

    /// - Parameter limit: how many are kept, at most; 2 or more.
    init(limit: Int) {
        precondition(limit >= 2, "there are two generations")
        half = limit / 2
    }

    /// How many are kept, those included whose time is over and for whom nobody asked since.
    var count: Int { young.count + old.count }

    /// The value of a key; nil when there is none or its time is over.
    mutating func value(of key: Key, at now: ContinuousClock.Instant) -> Value? {
        if let entry = young[key] {
            guard entry.end <= now else { return entry.value }
            young[key] = nil
            return nil
        }
        guard let entry = old[key] else { return nil }
        guard entry.end > now else {
            old[key] = nil
            return nil
        }
        insert(entry.value, for: key, until: entry.end)
        return entry.value
    }

    /// Keeps a value in place of the key's former one.
    mutating func insert(_ value: Value, for key: Key, until end: ContinuousClock.Instant) {
        old[key] = nil
        if young[key] == nil, young.count >= half {
            old = young
            young = [:]
        }
        young[key] = Entry(value: value, end: end)
    }
}
