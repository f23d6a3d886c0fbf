import ArgumentParser
import Foundation
import Testing

@testable import reprieve

@Suite("Asking the policy")
struct PolicyCommandTests {
    private let rule = "os_compute_api:os-deferred-delete:restore"

    /// The status that the command would end with.
    private func status(_ arguments: String..., file: String) async throws -> Int32 {
        let path = FileManager.default.temporaryDirectory.appending(path: "policy-\(UUID()).yaml").path
        try Data(file.utf8).write(to: URL(filePath: path))
        var outcome: Int32 = 0
        do {
            let command = try PolicyCommand.Check.parse(["--rule", rule, "--file", path] + arguments)
            try await command.run()
        } catch let error as CommandError {
            outcome = error.code.status.rawValue
        }
        try FileManager.default.removeItem(atPath: path)
        return outcome
    }

    @Test("yes is 0, no is 1, and a file that cannot be used is 2")
    func statuses() async throws {
        #expect(try await status("--role", "member", "--project", "a", file: "{}") == 0)
        #expect(try await status("--role", "reader", "--project", "a", file: "{}") == 1)
        #expect(try await status("--role", "member", "--project", "a", "--target-project", "b", file: "{}") == 1)
        #expect(try await status("--role", "member", file: "\(rule): role:member and") == 2)
    }

    @Test("the user and whose it is count where a rule asks for them")
    func users() async throws {
        let file = "\(rule): user_id:%(user_id)s"
        #expect(try await status("--user", "u", file: file) == 0)
        #expect(try await status("--user", "u", "--target-user", "v", file: file) == 1)
        #expect(try await status(file: file) == 1)
    }
}
