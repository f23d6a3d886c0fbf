import ArgumentParser
import Foundation

/// For programs instead of people.
struct JSONOption: ParsableArguments {
    @Flag(name: .customLong("json"), help: "One JSON document instead of a table.")
    var isOn = false
}

/// Whose servers.
struct ProjectOption: ParsableArguments {
    @Flag(name: .customLong("all-projects"), help: "Of every project (administrators).")
    var all = false
}

/// An id: a UUID in any case of letters.
struct IDArgument: ExpressibleByArgument {
    let id: UUID

    init?(argument: String) {
        guard let id = UUID(uuidString: argument) else { return nil }
        self.id = id
    }
}

extension UUID {
    /// As ids are written everywhere in OpenStack.
    var lowercase: String { uuidString.lowercased() }
}

/// Whether to wait for what was asked for.
struct WaitOptions: ParsableArguments {
    @Flag(help: "Wait until it is done.")
    var wait = false

    @Option(help: ArgumentHelp("How long to wait in all, such as 90s, 10m or 1h.", valueName: "duration"))
    var timeout = DurationArgument(.seconds(600))
}
