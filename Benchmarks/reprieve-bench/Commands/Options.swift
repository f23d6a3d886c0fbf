import ArgumentParser

/// How often a comparison is repeated.
struct RoundsOption: ParsableArguments {
    @Option(help: ArgumentHelp("Rounds, of which the median counts.", valueName: "n"))
    var rounds = 3

    func validate() throws {
        try Requirement.positive(rounds, "--rounds")
    }
}

enum Requirement {
    static func positive(_ value: Int, _ name: String) throws {
        guard value > 0 else { throw ValidationError("\(name) is \(value): a number above 0 is needed") }
    }
}
