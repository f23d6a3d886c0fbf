/// A small random number generator whose whole future is its seed, so that a run can be played again.
///
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number of `0 ..< bound`; the bias of so small bounds does not matter.
    mutating func below(_ bound: Int) -> Int {
        Int(next() % UInt64(bound))
    }

    /// Whether something that happens `percent` times in a hundred happens now.
    mutating func chance(_ percent: Int) -> Bool {
        below(100) < percent
    }

    mutating func pick<Elements: RandomAccessCollection<Element>, Element>(_ elements: Elements) -> Element
    where Elements.Index == Int {
        elements[elements.startIndex + below(elements.count)]
    }
}
