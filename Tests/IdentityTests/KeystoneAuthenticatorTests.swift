import Foundation
import TestSupport
import Testing

@testable import Identity

@Suite("Tokens of Keystone's", .timeLimit(.minutes(1)))
struct KeystoneAuthenticatorTests {
    @Test("a token of a project has its user, its project, its names and its roles as Keystone sends them")
    func projectToken() async throws {
        try await KeystoneScene.play { scene in
            scene.stub.issue("good", roles: ["admin", "auditor"])
            var wanted = Credentials(userID: "u-ann", projectID: "aa11", roles: [])
            wanted.roles = [.admin, Role("auditor")]
            (wanted.userName, wanted.userDomainID) = ("ann", "default")
            (wanted.projectName, wanted.projectDomainID) = ("alpha", "default")
            let credentials = try await scene.authenticator.credentials(for: "good")
            #expect(credentials == wanted)
            #expect(scene.stub.counts.targets == ["/v3/auth/tokens", "/v3/auth/tokens?nocatalog"])
        }
    }

    @Test(
        "a token for no project has no project, and its roles count for nothing",
        arguments: [
            (#""methods2": []"#, nil, nil),
            (#""domain": {"id": "d1", "name": "one"}"#, "d1", nil),
            (#""system": {"all": true}"#, nil, "all"),
        ] as [(String, String?, String?)]
    )
    func otherScopes(scope: String, domain: String?, system: String?) async throws {
        try await KeystoneScene.play { scene in
            scene.stub.issue("other", scope: scope, roles: ["admin"])
            let credentials = try await scene.authenticator.credentials(for: "other")
            #expect(credentials.projectID.isEmpty && credentials.roles.isEmpty)
            #expect(credentials.domainID == domain && credentials.systemScope == system)
        }
    }

    @Test("a token that Keystone does not know is nobody's, and is not asked for again at once")
    func unknown() async throws {
        try await KeystoneScene.play { scene in
            for _ in 0..<5 {
                let refusal = await scene.refusal(of: "bad")
                #expect(refusal?.code == .invalidToken)
                #expect(refusal?.message == "The request you have made requires authentication.")
            }
            #expect(scene.stub.counts.validations == 1)
            scene.stub.issue("bad")
            scene.pass(.seconds(6))
            #expect(await scene.refusal(of: "bad") == nil)
        }
    }

    @Test(
        "what cannot be a token is refused without asking",
        arguments: ["", "two words", "line\nbreak", "ümlaut", "delete\u{7F}", String(repeating: "x", count: 4097)]
    )
    func noToken(text: String) async throws {
        try await KeystoneScene.play { scene in
            #expect(await scene.refusal(of: text)?.code == .invalidToken)
            #expect(scene.stub.counts.targets.isEmpty)
        }
    }

    @Test("an answer holds for the cache's time, and a revoked token no longer")
    func revoked() async throws {
        try await KeystoneScene.play { scene in
            scene.stub.issue("good")
            for _ in 0..<3 { #expect(await scene.refusal(of: "good") == nil) }
            #expect(scene.stub.counts.validations == 1)
            scene.stub.revoke("good")
            #expect(await scene.refusal(of: "good") == nil)
            scene.pass(.seconds(61))
            #expect(await scene.refusal(of: "good")?.code == .invalidToken)
        }
    }

    @Test("without a cache every token is asked for")
    func noCache() async throws {
        try await KeystoneScene.play(configure: { $0.cacheDuration = .zero }) { scene in
            scene.stub.issue("good")
            for _ in 0..<3 { #expect(await scene.refusal(of: "good") == nil) }
            for _ in 0..<3 { #expect(await scene.refusal(of: "bad")?.code == .invalidToken) }
            #expect(scene.stub.counts.validations == 6)
        }
    }

    @Test("a token is refused from its own end on, whether it is remembered or Keystone still lets it pass")
    func ended() async throws {
        try await KeystoneScene.play { scene in
            scene.stub.issue("short", life: 30)
            scene.stub.issue("over", life: -1)
            #expect(await scene.refusal(of: "short") == nil)
            #expect(await scene.refusal(of: "over")?.code == .invalidToken)
            scene.pass(.seconds(31))
            #expect(await scene.refusal(of: "short")?.code == .invalidToken)
        }
    }

    @Test("a full cache forgets tokens and asks again, and bad tokens displace no good one")
    func full() async throws {
        try await KeystoneScene.play(configure: { $0.cacheSize = 4 }) { scene in
            for number in 0..<9 {
                scene.stub.issue("t\(number)")
                #expect(await scene.refusal(of: "t\(number)") == nil)
            }
            #expect(await scene.refusal(of: "t0") == nil)
            #expect(scene.stub.counts.validations == 10)
            for number in 0..<20 { #expect(await scene.refusal(of: "bad\(number)") != nil) }
            #expect(await scene.refusal(of: "t0") == nil)
            #expect(scene.stub.counts.validations == 30)
        }
    }

    @Test("the time of an answer is written with or without a fraction of a second", arguments: [".000000Z", "Z"])
    func times(end: String) throws {
        let body = #"{"token": {"expires_at": "2026-11-23T09:33:00\#(end)", "user": {"id": "u", "name": "n"}}}"#
        let answer = try JSONDecoder().decode(KeystoneAnswer.self, from: Data(body.utf8))
        #expect(answer.expiry == Date(timeIntervalSince1970: 1_795_426_380))
    }

    @Test(
        "the URL may have the version and slashes at its end",
        arguments: ["http://k:5000", "http://k:5000/", "http://k:5000/v3", "http://k:5000/v3/"]
    )
    func url(text: String) {
        #expect(KeystoneConfiguration(url: text, login: KeystoneScene.password("x")).url == "http://k:5000")
    }
}
