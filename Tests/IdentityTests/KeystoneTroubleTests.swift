import Foundation
import Postgres
import TestSupport
import Testing

@testable import Identity

@Suite("A Keystone in trouble", .timeLimit(.minutes(1)))
struct KeystoneTroubleTests {
    @Test("lets nobody pass whose token is not remembered", arguments: [500, 502, 503, 429, 400, 302, 200, 201, 204])
    func failing(status: Int) async throws {
        try await KeystoneScene.play { scene in
            scene.stub.issue("good")
            scene.stub.issue("late")
            #expect(await scene.refusal(of: "good") == nil)
            scene.stub.set(.failing(status))
            #expect(await scene.refusal(of: "good") == nil)
            #expect(await scene.refusal(of: "late")?.code == .unavailable)
            scene.stub.set(.well)
            #expect(await scene.refusal(of: "late") == nil)
        }
    }

    @Test("that nobody can reach is told at once, with the reason")
    func down() async throws {
        let url = try await KeystoneStub.run { $0.url }
        try await KeystoneScene.play(url: url) { scene in
            let refusal = await scene.refusal(of: "good")
            #expect(refusal?.code == .unavailable)
            #expect(refusal?.message == "Keystone at \(url) does not answer")
            #expect(refusal?.cause != nil)
        }
    }

    @Test("that is silent is waited for no longer than the timeout")
    func silent() async throws {
        try await KeystoneScene.play(configure: { $0.timeout = .milliseconds(200) }) { scene in
            scene.stub.issue("good")
            scene.stub.set(.silent)
            let refusal = await scene.refusal(of: "good")
            #expect(refusal?.code == .unavailable)
            // On a busy machine the connection alone may take as long, which is told without the time.
            #expect(refusal?.message.contains("does not answer") == true, "\(refusal.debugDescription)")
        }
    }

    @Test("a hundred callers with one unknown token make one call", arguments: [true, false])
    func shared(isGood: Bool) async throws {
        try await KeystoneScene.play { scene in
            _ = try await scene.authenticator.checkOwnCredentials()
            if isGood { scene.stub.issue("token") }
            scene.stub.set(.silent)
            let begun = Guarded(0)
            let passed = try await withThrowingTaskGroup { group in
                for _ in 0..<100 {
                    group.addTask {
                        begun.withLock { $0 += 1 }
                        return await scene.refusal(of: "token") == nil
                    }
                }
                try await waitUntil("all have begun and one asks") {
                    begun.withLock { $0 } == 100 && scene.stub.waiting > 0
                }
                scene.stub.set(.well)
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(passed == (isGood ? 100 : 0))
            #expect(scene.stub.counts.validations == 1)
        }
    }

    @Test("the first caller's cancellation leaves those alone who wait with it")
    func cancelled() async throws {
        try await KeystoneScene.play { scene in
            _ = try await scene.authenticator.checkOwnCredentials()
            scene.stub.issue("token")
            scene.stub.set(.silent)
            let first = Task { await scene.refusal(of: "token") }
            try await waitUntil("the first asks") { scene.stub.waiting == 1 }
            let second = Task { await scene.refusal(of: "token") }
            first.cancel()
            scene.stub.set(.well)
            #expect(await second.value == nil)
            #expect(scene.stub.counts.validations == 1)
        }
    }

    @Test("hundreds of tokens never seen wait in line, and none that was good lately waits behind them")
    func flood() async throws {
        try await KeystoneScene.play { scene in
            scene.stub.issue("good")
            scene.stub.issue("new")
            #expect(await scene.refusal(of: "good") == nil)
            // The cache's time is over.
            scene.pass(.seconds(61))
            scene.stub.set(.silentAbout("junk"))
            let begun = Guarded(0)
            let codes = try await withThrowingTaskGroup { group in
                for number in 0..<400 {
                    group.addTask {
                        begun.withLock { $0 += 1 }
                        return await scene.refusal(of: "junk\(number)")?.code
                    }
                }
                try await waitUntil("all have begun and some ask") {
                    begun.withLock { $0 } == 400 && scene.stub.waiting > 3
                }
                #expect(await scene.refusal(of: "good") == nil)
                #expect(scene.stub.waiting == 4)
                group.addTask { await scene.refusal(of: "new")?.code }
                scene.stub.set(.well)
                return try await group.reduce(into: [IdentityError.Code?: Int]()) { $0[$1, default: 0] += 1 }
            }
            #expect(codes == [.invalidToken: 400, nil: 1])
        }
    }

    @Test("calls under way are bounded")
    func bounded() async throws {
        let calls = SharedCalls<Int, Int>(limit: 2)
        let (gate, opener) = AsyncStream<Void>.makeStream()
        let started = Guarded(0)
        let first = Task {
            try await calls.value(for: 1) { () throws(IdentityError) in
                started.withLock { $0 += 1 }
                for await _ in gate {}
                return 10
            }
        }
        try await waitUntil("the first is under way") { started.withLock { $0 } == 1 }
        #expect(try await calls.value(for: 2) { 20 } == 20)
        let one = SharedCalls<Int, Int>(limit: 0)
        await #expect(throws: IdentityError.self) { try await one.value(for: 1) { 1 } }
        opener.finish()
        #expect(try await first.value == 10)
    }
}
