/// How far a call has come, for the people who wait for it.
package struct HypervisorStep: Sendable, Hashable {
    /// What is being done, in words that an owner may read, for example "power on".
    package var name: String

    /// Share of the whole call that is done, 0 ... 100.
    package var percent: Int

    /// Makes a step; a percentage outside 0 ... 100 is a programmer's mistake and stops the process.
    package init(name: String, percent: Int) {
        precondition((0...100).contains(percent), "the percentage of a step is within 0 ... 100, not \(percent)")
        self.name = name
        self.percent = percent
    }
}
