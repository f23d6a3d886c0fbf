import Foundation
import Postgres
import TestSupport
import Testing

@testable import Identity

@Suite("The policy file")
final class PolicyFileTests: Sendable {
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

    /// What comes of looking until nothing has changed since the look before.
    private func settled(_ reloader: PolicyReloader) async -> String {
        let first = await reloader.look().word
        return first == "unchanged" ? await reloader.look().word : "at once: \(first)"
    }

    @Test("is read again when it has changed, and a broken one is told of once and changes nothing")
    func reload() async throws {
        let policy = Policy()
        try write("os_compute_api:servers:delete: role:x\n")
        let reloader = try PolicyReloader(file: PolicyFile(path: path), policy: policy)
        #expect(!policy.allows(.delete, member, member.ownTarget))
        #expect(await settled(reloader) == "unchanged")
        try write("os_compute_api:servers:delete: role:member\nunheard: role:x")
        #expect(await settled(reloader) == "loaded 1")
        #expect(policy.allows(.delete, member, member.ownTarget))
        try write("os_compute_api:servers:delete: role:x and\n")
        #expect(await settled(reloader) == "kept malformed")
        #expect(await settled(reloader) == "unchanged")
        #expect(await reloader.look(always: true).word == "kept malformed")
        #expect(policy.allows(.delete, member, member.ownTarget))
        try FileManager.default.removeItem(atPath: path)
        #expect(await settled(reloader) == "kept unreadable")
        #expect(await settled(reloader) == "unchanged")
        #expect(policy.allows(.delete, member, member.ownTarget))
        try write("os_compute_api:servers:delete: role:y\n")
        #expect(await settled(reloader) == "loaded 0")
        #expect(!policy.allows(.delete, member, member.ownTarget))
    }

    @Test("a change that leaves size and name alone is seen too")
    func sameSize() async throws {
        let policy = Policy()
        try write("os_compute_api:servers:delete: role:member\n")
        let reloader = try PolicyReloader(file: PolicyFile(path: path), policy: policy)
        try write("os_compute_api:servers:delete: role:nobody\n")
        #expect(await settled(reloader) == "loaded 0")
        #expect(!policy.allows(.delete, member, member.ownTarget))
    }

    @Test("a file that is being written is not taken before it has settled")
    func halfWritten() async throws {
        let policy = Policy()
        try write("os_compute_api:servers:delete: role:x\n")
        let reloader = try PolicyReloader(file: PolicyFile(path: path), policy: policy)
        for text in ["other: '@'\n", "other: '@'\nmore: '@'\n"] {
            try write(text)
            #expect(await reloader.look().word == "unchanged")
            #expect(!policy.allows(.delete, member, member.ownTarget))
        }
        #expect(await reloader.look().word == "loaded 1")
        #expect(policy.allows(.delete, member, member.ownTarget))
    }

    @Test("a file that is written to while it is read is not taken", arguments: [false, true])
    func writtenMeanwhile(always: Bool) async throws {
        let policy = Policy()
        let file = PolicyFile(path: path)
        let isWriting = Guarded(true)
        try write("os_compute_api:servers:delete: role:x\n")
        let reloader = try PolicyReloader(file: file, policy: policy) { [self] () throws(PolicyError) in
            let rules = try file.rules()
            if isWriting.withLock({ $0 }) { #expect(throws: Never.self) { try write("other: '@'\nmore: '@'\n") } }
            return rules
        }
        try write("other: '@'\n")
        if !always { #expect(await reloader.look().word == "unchanged") }
        #expect(await reloader.look(always: always).word == "unchanged")
        #expect(!policy.allows(.delete, member, member.ownTarget))
        isWriting.withLock { $0 = false }
        #expect(await settled(reloader) == "loaded 1")
        #expect(policy.allows(.delete, member, member.ownTarget))
    }

    @Test("without any rule it keeps those before, unless it says so", arguments: ["", "# nothing but this\n", "~"])
    func emptied(text: String) async throws {
        let policy = Policy()
        try write("os_compute_api:servers:delete: role:x\n")
        let reloader = try PolicyReloader(file: PolicyFile(path: path), policy: policy)
        try write(text)
        #expect(await settled(reloader) == "kept unreadable")
        #expect(await reloader.look(always: true).word == "kept unreadable")
        #expect(!policy.allows(.delete, member, member.ownTarget))
        try write("{}")
        #expect(await settled(reloader) == "loaded 0")
        #expect(policy.allows(.delete, member, member.ownTarget))
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
