import ArgumentParser

/// What the program's exit status tells its caller. The numbers are a promise to scripts.
enum ExitStatus: Int32, CaseIterable {
    case done = 0
    case failed = 1
    case misused = 2
    case notFound = 3
    case notAllowed = 4
    case unreachable = 5
    case timedOut = 6

    var exitCode: ExitCode { ExitCode(rawValue) }

    private var meaning: String {
        switch self {
        case .done: "done"
        case .failed: "failed or refused"
        case .misused: "wrong usage or configuration"
        case .notFound: "no such server or task"
        case .notAllowed: "not allowed: the token is missing or wrong, or its roles do not suffice"
        case .unreachable: "the API or the database cannot be reached"
        case .timedOut: "timed out waiting; what was asked for goes on"
        }
    }

    static var explanation: String {
        "Exit status:\n" + allCases.map { "  \($0.rawValue)  \($0.meaning)" }.joined(separator: "\n")
    }
}
