import ArgumentParser
import Identity
import Telemetry

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Who may do what: ask the rules, print the defaults.",
        subcommands: [Check.self, Sample.self]
    )

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether somebody may do something, and which checks decided.",
            discussion: """
                Asks the rules of the API's api.policy_file (REPRIEVE_API_POLICY_FILE), or of --file, over the defaults. \
                Ends with 0 for yes and 1 for no. The API applies one more rule that no policy changes: whoever is no \
                administrator (context_is_admin) gets 404 for a server of another project.
                """
        )

        @Option(help: ArgumentHelp("The rule's name, such as os_compute_api:servers:delete.", valueName: "name"))
        var rule: String
        @Option(
            name: .customLong("role"),
            help: "A role of the caller; may be said several times. Implied ones are added."
        )
        var roles: [String] = []
        @Option(help: ArgumentHelp("The project that the caller's token is for.", valueName: "id"))
        var project: String = ""
        @Option(help: ArgumentHelp("The caller.", valueName: "id"))
        var user: String = ""
        @Option(help: ArgumentHelp("The project of what is acted on; the caller's when left out.", valueName: "id"))
        var targetProject: String?
        @Option(help: ArgumentHelp("The user whose it is; the caller when left out.", valueName: "id"))
        var targetUser: String?
        @Option(help: ArgumentHelp("The policy file.", valueName: "path"))
        var file: String?

        func run() async throws {
            let credentials = Credentials(userID: user, projectID: project, roles: Set(roles.map { Role($0) }))
            var target = credentials.ownTarget
            if let targetProject { target.projectID = targetProject }
            if let targetUser { target.userID = targetUser }
            let explanation = PolicyExplanation(try await rules(), PolicyRule(rule), credentials, target)
            for line in explanation.lines { Output.line(line.printable) }
            if !explanation.isAllowed { throw CommandError(.failed, "") }
        }

        private func rules() async throws -> PolicyRules {
            var path = file
            if path == nil { path = try await ProcessConfiguration().string("api.policy_file") }
            guard let path else { return .standard }
            do throws(PolicyError) {
                let rules = try PolicyFile(path: path).rules()
                for warning in rules.warnings { Output.complain("reprieve: \(path): \(warning)".printable) }
                return rules
            } catch {
                throw CommandError(.misused, "\(error)")
            }
        }
    }

    struct Sample: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print every rule with its default, as a policy file of comments."
        )

        func run() {
            Output.line(PolicyDefault.sample)
        }
    }
}
