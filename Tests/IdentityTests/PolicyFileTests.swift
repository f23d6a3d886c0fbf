import Foundation
import Testing

@testable import Identity

@Suite("The policy file")
final class PolicyFileTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "policy-\(UUID()).yaml").path
    private let member = Credentials(userID: "u", projectID: "a", roles: [.member])

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            // A test may have taken it away.
        }
    }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    }

    private func rules(_ text: String) throws -> PolicyRules {
        try write(text)
        return try PolicyFile(path: path).rules()
    }

    @Test(
        "is YAML or JSON, with comments, both forms of rules, or nothing",
        arguments: [
            "# nothing but this\n", "", "{}", "{\n\t\"os_compute_api:servers:delete\": \"role:member\"\n}\n",
            "os_compute_api:servers:delete: role:member\n",
            "'os_compute_api:servers:delete': [['role:member'], 'role:x']\n",
            "os_compute_api:servers:delete:\n- [role:member, \"@\"]\n", "'os_compute_api:servers:delete': ''\n",
            "'os_compute_api:servers:delete': >\n  role:member or\n  role:x\n", "'os_compute_api:servers:delete': []",
        ]
    )
    func forms(text: String) throws {
        let rules = try rules(text)
        #expect(rules.allows(.delete, member, member.ownTarget))
        #expect(!rules.allows(.updateQuota, member, member.ownTarget))
    }

    @Test(
        "what cannot be used is refused with its line, rule and position",
        arguments: [
            ("a: '@'\nb: role:x and\n", ":2: rule 'b' at character 11: a check is missing"),
            ("a: http://example.org\n", ":1: rule 'a' at character 1: 'http:' checks ask another server"),
            ("a: [role:x, [admin]]\n", ":1: rule 'a' at character 1: in 'admin': 'admin' is no check"),
            ("a:\n", ":1: rule 'a': must be text"), ("a: !\n", ":1: rule 'a': must be text"),
            ("a: true\n", ":1: rule 'a': must be text"), ("a: {b: c}\n", ":1: rule 'a': must be text"),
            ("a: [[[role:x]]]\n", ":1: rule 'a': must be text"), ("a: 7\n", ":1: rule 'a': must be text"),
            ("a: '@'\na: '!'\n", ": names stand there twice: a"), ("- role:x\n", ": must map names to rules"),
            ("a: @\n", ": line 1, column 4: "), ("{\"a\": \"@\"", ": line 2, column 1: "),
            ("a: rule:b\nb: rule:a\n", ": rule 'a': refers to itself: a → b → a"),
        ]
    )
    func mistakes(text: String, message: String) throws {
        let error = #expect(throws: PolicyError.self) { try rules(text) }
        #expect(error?.description.hasPrefix(path + message) == true, "\(error?.description ?? "")")
        #expect(error?.description.contains("\n") == false)
    }

    @Test("a file that is not there, or is no text, is refused")
    func unreadable() throws {
        let missing = #expect(throws: PolicyError.self) { try PolicyFile(path: path).rules() }
        #expect(missing?.description == "\(path): cannot be read")
        try Data([0xff, 0xfe, 0x80]).write(to: URL(filePath: path))
        let binary = #expect(throws: PolicyError.self) { try PolicyFile(path: path).rules() }
        #expect(binary?.code == .unreadable)
    }

    @Test("is read again when it has changed, and a broken one is told of once and changes nothing")
    func reload() async throws {
        let policy = Policy()
        try write("os_compute_api:servers:delete: role:x\n")
        let reloader = try PolicyReloader(file: PolicyFile(path: path), policy: policy)
        #expect(!policy.allows(.delete, member, member.ownTarget))
        #expect(await reloader.look().word == "unchanged")
        try write("os_compute_api:servers:delete: role:member\nunheard: role:x")
        #expect(await reloader.look().word == "loaded 1")
        #expect(policy.allows(.delete, member, member.ownTarget))
        try write("os_compute_api:servers:delete: role:x and\n")
        #expect(await reloader.look().word == "kept malformed")
        #expect(await reloader.look().word == "unchanged")
        #expect(await reloader.look(always: true).word == "kept malformed")
        #expect(policy.allows(.delete, member, member.ownTarget))
        try FileManager.default.removeItem(atPath: path)
        #expect(await reloader.look().word == "kept unreadable")
        #expect(await reloader.look().word == "unchanged")
        #expect(policy.allows(.delete, member, member.ownTarget))
        try write("os_compute_api:servers:delete: role:y\n")
        #expect(await reloader.look().word == "loaded 0")
        #expect(!policy.allows(.delete, member, member.ownTarget))
    }

    @Test("a change that leaves size and name alone is seen too")
    func sameSize() async throws {
        let policy = Policy()
        try write("os_compute_api:servers:delete: role:member\n")
        let reloader = try PolicyReloader(file: PolicyFile(path: path), policy: policy)
        try write("os_compute_api:servers:delete: role:nobody\n")
        #expect(await reloader.look().word == "loaded 0")
        #expect(!policy.allows(.delete, member, member.ownTarget))
    }
}

extension PolicyReloader.Outcome {
    fileprivate var word: String {
        switch self {
        case .unchanged: "unchanged"
        case .loaded(let warnings): "loaded \(warnings.count)"
        case .kept(let error): "kept \(error.code)"
        }
    }
}
