import Testing

@testable import Identity

@Suite("Reading a rule")
struct PolicyParserTests {
    @Test(
        "not binds closer than and, and closer than or",
        arguments: [
            ("not role:a and role:b or role:c", "((not role:a and role:b) or role:c)"),
            ("role:a or role:b and not role:c", "(role:a or (role:b and not role:c))"),
            ("not (role:a or @) AND !", "(not (role:a or @) and !)"),
            ("", "@"),
            ("token.project.id:%(project_id)s%%", "token.project.id:%(project_id)s%%"),
            ("'Member':%(role.name)s", "'Member':%(role.name)s"),
        ]
    )
    func precedence(rule: String, meaning: String) throws {
        #expect(try PolicyParser.parse(rule).description == meaning)
    }

    @Test(
        "what is wrong is said with its place",
        arguments: [
            ("role:a and", 11, "missing at the end"), ("role:a role:b", 8, "'and' or 'or' is missing"),
            ("role:a and (role:b or role:c", 29, "')'"), ("role:a)", 7, "')' has no '('"),
            ("(and role:a)", 2, "missing"),
            ("role:a or admin", 11, "no ':'"), ("role:a or ('x' or @)", 12, "in quotes"),
            ("role:a or 1x:b", 11, "'1x'"),
            ("@ or project_id:%(project_id)d", 17, "'%'"), ("user_id:%s", 9, "'%'"), (" \n ", 4, "missing"),
            ("not http://example.org", 5, "ask another server"), ("0x7:%(a)s", 1, "'0x7'"),
        ]
    )
    func mistakes(rule: String, position: Int, message: String) throws {
        let error = #expect(throws: PolicyError.self) { try PolicyParser.parse(rule) }
        #expect(error?.position == position)
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test("a check in a list is shown when it is wrong")
    func listMistake() throws {
        let error = #expect(throws: PolicyError.self) { try PolicyParser.parse([["role:a"], ["role:b", "admin"]]) }
        #expect(error?.message.contains("in 'admin'") == true)
    }

    @Test("nesting without end is refused, not followed")
    func depth() throws {
        let rule = String(repeating: "(", count: 50) + "@" + String(repeating: ")", count: 50)
        #expect(try PolicyParser.parse(rule) == .always)
        #expect(throws: PolicyError.self) { try PolicyParser.parse(String(repeating: "(", count: 100_000)) }
        #expect(throws: PolicyError.self) { try PolicyParser.parse(String(repeating: "not ", count: 100_000) + "@") }
    }
}
