import Testing

@testable import Telemetry

@Suite("Arguments of a process that takes none")
struct CommandLineArgumentsTests {
    private func reply(_ arguments: String...) -> CommandLineArguments.Reply? {
        CommandLineArguments.reply(to: arguments, program: "p", about: "Does it.", required: ["database.url"])
    }

    @Test("without any the process starts")
    func none() {
        #expect(reply() == nil)
    }

    @Test("the version and the help are told")
    func told() {
        #expect(reply("--version") == .init(text: ProgramVersion.current, status: 0))
        #expect(reply("--help")?.status == 0)
        #expect(reply("--help") == reply("-h"))
        #expect(reply("--help")?.text.contains("\n  database.url (REPRIEVE_DATABASE_URL)") == true)
    }

    @Test("everything else is refused in one line", arguments: ["--port", "x\ny", ""])
    func refused(argument: String) {
        #expect(reply(argument)?.status == 2)
        #expect(reply("--version", argument)?.status == 2)
        #expect(reply(argument)?.text.contains("\n") == false)
    }
}
