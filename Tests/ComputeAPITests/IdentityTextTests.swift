import Foundation
import Testing

@testable import ComputeAPI

@Suite("Ids as texts")
struct IdentityTextTests {
    @Test("are the lower case of Foundation's, and read back")
    func text() {
        for _ in 0..<1000 {
            let id = UUID()
            #expect(id.text == id.uuidString.lowercased())
            #expect(UUID(canonical: id.text) == id)
        }
    }

    @Test(
        "have one form only",
        arguments: [
            "", "0198a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1", "0198a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b2",
            "0198A0B1-c2d3-7e4f-8a5b-6c7d8e9f0a1b", "0198a0b1c2d37e4f8a5b6c7d8e9f0a1b",
            "0198a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1g", "0198a0b1-c2d37-e4f-8a5b-6c7d8e9f0a1b",
            "0198a0b1_c2d3_7e4f_8a5b_6c7d8e9f0a1b", "{198a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1}",
            " 198a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a1b",
        ]
    )
    func others(text: String) {
        #expect(UUID(canonical: text) == nil)
    }

    @Test("of requests differ, also between threads, and are UUIDs of version 4")
    func requests() async throws {
        let ids = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<4 {
                group.addTask { (0..<5000).map { _ in RequestID.make() } }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(ids).count == 20_000)
        for id in ids {
            try #require(RequestID.matches(id))
            // Where a UUID has its version and its variant.
            try #require(id.wholeMatch(of: /req-.{14}4.{4}[89ab].{16}/.dotMatchesNewlines()) != nil, "\(id)")
        }
    }
}

@Suite("Blanks around the values of headers")
struct BlanksTests {
    @Test(
        "are spaces and tabs, and are dropped",
        arguments: [
            ("a", "a"), (" \ta b\t ", "a b"), ("", ""), (" \t", ""), ("ä ", "ä"), ("\u{A0}a", "\u{A0}a"),
        ]
    )
    func dropped(text: String, bare: String) {
        #expect(text[...].withoutBlanksAround == bare[...])
    }
}
