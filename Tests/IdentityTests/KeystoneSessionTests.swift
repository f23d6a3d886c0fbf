import Foundation
import TestSupport
import Testing

@testable import Identity

@Suite("Our own token", .timeLimit(.minutes(1)))
struct KeystoneSessionTests {
    /// Asks for a token that is not remembered.
    private func ask(_ scene: KeystoneScene, _ number: Int) async -> IdentityError.Code? {
        scene.stub.issue("t\(number)")
        return await scene.refusal(of: "t\(number)")?.code
    }

    @Test("is got once, with the password, and serves many questions")
    func once() async throws {
        try await KeystoneScene.play { scene in
            for number in 0..<5 { #expect(await ask(scene, number) == nil) }
            #expect(scene.stub.counts.logIns == 1)
            let body = scene.stub.counts.logInBody
            for part in [#""name":"reprieve""#, #""name":"service""#, #""methods":["password"]"#, "Default"] {
                #expect(body.contains(part), "\(part) is not in \(body)")
            }
        }
    }

    @Test("is got with an application credential, without a scope")
    func applicationCredential() async throws {
        let login = KeystoneConfiguration.Login.applicationCredential(id: "ac1", secret: Secret(KeystoneStub.password))
        try await KeystoneScene.play(login: login) { scene in
            #expect(await ask(scene, 0) == nil)
            let body = scene.stub.counts.logInBody
            #expect(body.contains(#""id":"ac1""#) && body.contains(#""methods":["application_credential"]"#))
            #expect(!body.contains("scope"))
        }
    }

    @Test("is refused with an application credential that Keystone does not find, and not taken for a wrong URL")
    func unknownCredential() async throws {
        let id = KeystoneStub.unknownCredential
        let login = KeystoneConfiguration.Login.applicationCredential(id: id, secret: Secret(KeystoneStub.password))
        try await KeystoneScene.play(login: login) { scene in
            let refusal = await scene.refusal(of: "good")
            #expect(refusal?.code == .refused)
            #expect(refusal?.message.contains("application credential '\(id)'") == true)
            scene.stub.set(.failing(404))
            scene.pass(.seconds(11))
            #expect(await scene.refusal(of: "good")?.code == .unavailable)
        }
    }

    @Test("is renewed before its end, and serves on until then while Keystone gives no other")
    func renewal() async throws {
        try await KeystoneScene.play { scene in
            #expect(await ask(scene, 0) == nil)
            scene.pass(.seconds(3600 - 310))
            #expect(await ask(scene, 1) == nil)
            #expect(scene.stub.counts.logIns == 1)
            scene.pass(.seconds(20))
            scene.stub.set(.failing(503))
            _ = try await scene.authenticator.checkOwnCredentials()
            scene.stub.set(.well)
            scene.pass(.seconds(2))
            #expect(await ask(scene, 2) == nil)
            #expect(scene.stub.counts.logIns == 2)
            #expect(scene.stub.counts.foreignValidations == 0)
        }
    }

    @Test("is replaced once, for all who ask, when Keystone no longer takes it")
    func replaced() async throws {
        try await KeystoneScene.play { scene in
            #expect(await ask(scene, 0) == nil)
            scene.stub.forgetOwnTokens()
            let codes = await withTaskGroup { group in
                for number in 1...20 { group.addTask { await ask(scene, number) } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.allSatisfy { $0 == nil } && codes.count == 20)
            #expect(scene.stub.counts.logIns == 2)
            #expect(scene.stub.counts.foreignValidations >= 1)
        }
    }

    @Test("that Keystone gives and does not take makes two questions, and no endless round")
    func neverTaken() async throws {
        try await KeystoneScene.play { scene in
            scene.stub.setForgetful()
            #expect(await ask(scene, 0) == .unavailable)
            #expect(scene.stub.counts.validations == 2)
            #expect(scene.stub.counts.logIns == 2)
        }
    }

    @Test("that may not validate is told apart, and makes nobody's token out of none")
    func mayNot() async throws {
        try await KeystoneScene.play { scene in
            scene.stub.setOwnRoles(["reader"], mayValidate: false)
            let roles = try await scene.authenticator.checkOwnCredentials()
            #expect(roles == [.reader])
            scene.stub.issue("good")
            let refusal = await scene.refusal(of: "good")
            #expect(refusal?.code == .refused)
            #expect(refusal?.message.contains("needs the role service or admin") == true)
        }
    }

    @Test("is not asked for again at once when our credentials are refused, which the error tells without the secret")
    func refused() async throws {
        try await KeystoneScene.play(login: KeystoneScene.password("hunter2")) { scene in
            for _ in 0..<3 {
                let refusal = await scene.refusal(of: "good")
                #expect(refusal?.code == .refused)
                #expect(refusal?.message.contains("user 'reprieve' of domain 'Default' in project 'service'") == true)
                #expect("\(String(reflecting: refusal))".contains("hunter2") == false)
            }
            #expect(scene.stub.counts.refusedLogIns == 1)
            scene.pass(.seconds(11))
            _ = await scene.refusal(of: "good")
            #expect(scene.stub.counts.refusedLogIns == 2)
        }
    }

    @Test("neither it, nor a caller's, nor our password shows in an error or in what a debugger prints")
    func secrets() async throws {
        try await KeystoneScene.play { scene in
            scene.stub.issue("caller-token")
            #expect(await scene.refusal(of: "caller-token") == nil)
            #expect(await scene.refusal(of: "caller-bad") != nil)
            scene.stub.set(.failing(500))
            let refusal = await scene.refusal(of: "caller-other")
            var seen = "\(String(describing: refusal)) \(String(reflecting: refusal))"
            dump(refusal, to: &seen)
            // What leads to the HTTP client shows the requests of all tests, which are on their way just now.
            for part in Mirror(reflecting: scene.authenticator).children
            where !["client", "session"].contains(part.label) {
                dump(part, to: &seen)
            }
            let own = Secret("own-1")
            dump(KeystoneSession.OwnToken(value: own, roles: [], renewal: .now, end: .now), to: &seen)
            #expect(seen.contains("KeystoneCache"))
            for secret in [KeystoneStub.password, "caller-", "own-1"] { #expect(!seen.contains(secret)) }
        }
    }
}
