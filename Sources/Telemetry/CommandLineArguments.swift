import Foundation

/// The arguments of a process that its configuration tells everything: it takes none, and says so.
package enum CommandLineArguments {
    /// What is said instead of starting.
    struct Reply: Equatable {
        var text: String
        /// Exit status: 0 goes with standard output, everything else with standard error.
        var status: Int32
    }

    /// Answers `--help` and `--version`, refuses everything else with exit status 2, and ends the process with that;
    /// returns when there are no arguments.
    /// - Parameters:
    ///   - program: the name of the executable.
    ///   - about: what it does, in a sentence.
    ///   - required: keys of the configuration without which it does not start.
    package static func answer(program: String, about: String, required: [String]) {
        let arguments = Array(ProcessInfo.processInfo.arguments.dropFirst())
        guard let reply = reply(to: arguments, program: program, about: about, required: required) else {
            return
        }
        let output = reply.status == 0 ? FileHandle.standardOutput : FileHandle.standardError
        do {
            try output.write(contentsOf: Data((reply.text + "\n").utf8))
        } catch {
            // Whoever asked has gone; the exit status still tells.
        }
        exit(reply.status)
    }

    static func reply(to arguments: [String], program: String, about: String, required: [String]) -> Reply? {
        switch arguments {
        case []: nil
        case ["--version"]: Reply(text: ProgramVersion.current, status: 0)
        case ["--help"], ["-h"]: Reply(text: help(program, about, required), status: 0)
        default: Reply(text: refusal(program, arguments), status: 2)
        }
    }

    private static func help(_ program: String, _ about: String, _ required: [String]) -> String {
        """
        usage: \(program) [--help | --version]

        \(about)
        Its settings come from the environment (database.url is REPRIEVE_DATABASE_URL), else from a file for each key in
        the folder that CREDENTIALS_DIRECTORY names (database-url), else from the JSON file that REPRIEVE_CONFIG_FILE
        names. It does not start without these:
        \(required.map { "  " + ProcessConfiguration.name($0) }.joined(separator: "\n"))
        """
    }

    private static func refusal(_ program: String, _ arguments: [String]) -> String {
        let given = arguments.joined(separator: " ").debugDescription
        return "\(program): takes no arguments but --help or --version, and was given \(given)"
    }
}
