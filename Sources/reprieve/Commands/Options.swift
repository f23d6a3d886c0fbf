import ArgumentParser
import Compute
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

    @Option(
        help: ArgumentHelp(
            "How long to wait in all, such as 90s, 10m or 1h, \(DurationArgument.bounds).",
            valueName: "duration"
        )
    )
    var timeout = DurationArgument(.seconds(600))
}

/// A status that a server can have, in any case of letters.
struct ServerStatusArgument: ExpressibleByArgument {
    let status: String

    init?(argument: String) {
        guard let state = VMState(status: argument) else { return nil }
        status = state.status
    }

    static var allValueStrings: [String] { VMState.allCases.map(\.status) }
}

/// The name of a host, and so of its queue.
struct HostArgument: ExpressibleByArgument {
    let name: String

    init?(argument: String) {
        guard argument.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._-]{0,252}/) != nil else { return nil }
        name = argument
    }
}

/// A number from 1 up to a bound, or `none`.
struct LimitArgument: ExpressibleByArgument {
    let limit: Int?

    init?(argument: String) {
        limit = Int(argument)
        guard limit.map((1...10_000).contains) ?? (argument == "none") else { return nil }
    }
}

/// Who typed the command, as records in the database name it: operators have no id there.
enum Operator {
    static var name: String {
        "operator:" + (ProcessInfo.processInfo.environment["SUDO_USER"] ?? NSUserName())
    }
}
