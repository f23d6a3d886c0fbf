import ComputeAPI
package import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Postgres

/// As much of Keystone as Reprieve asks: it issues tokens to Reprieve itself, says whose a token is, counts what it is
/// asked, and can be told to be a bad one.
package final class KeystoneStub: Sendable {
    /// How it treats requests.
    package enum Mood: Sendable, Hashable {
        case well
        /// Answers everything with this status.
        case failing(Int)
        /// Answers nothing until it is told otherwise; who asked meanwhile is answered then.
        case silent
        /// The same for questions about tokens that begin so; answers the others well.
        case silentAbout(String)
    }

    struct State {
        var mood = Mood.well
        /// What is said of each token that somebody has.
        var tokens: [String: String] = [:]
        var ownTokens: Set<String> = []
        var ownLife: TimeInterval = 3600
        var ownRoles = ["service"]
        var mayValidate = true
        var isForgetful = false
        var counts = Counts()
        var silenced: [CheckedContinuation<Void, Never>] = []
    }

    /// What it was asked so far.
    package struct Counts: Sendable {
        package var logIns = 0
        package var refusedLogIns = 0
        package var validations = 0
        /// Validations that came with a token that is none of ours, or no longer.
        package var foreignValidations = 0
        /// The last body with which somebody logged in.
        package var logInBody = ""
        /// Paths with their queries.
        package var targets: Set<String> = []
    }

    /// The only password, and the only secret of an application credential, that it takes.
    package static let password = "correct-horse"

    /// The id of an application credential that it does not find.
    package static let unknownCredential = "no-such-credential"

    /// Where it is.
    package let url: String
    let state = Guarded(State())

    private init(port: Int) {
        url = "http://127.0.0.1:\(port)"
    }

    /// Runs one on a free port for as long as `body` takes. Afterwards nobody listens there.
    package static func run<Value: Sendable>(_ body: (KeystoneStub) async throws -> Value) async throws -> Value {
        let holder = Guarded<KeystoneStub?>(nil)
        let (ports, source) = AsyncStream<Int>.makeStream()
        let service = HTTPService.make(
            responder: CallbackResponder<ConnectionContext> { request, _ in
                guard let stub = holder.withLock({ $0 }) else { return Response(status: .serviceUnavailable) }
                return try await stub.answer(request)
            },
            host: "127.0.0.1",
            port: 0,
            logger: Logger(label: "keystone-stub") { _ in SwiftLogNoOpLogHandler() }
        ) { source.yield($0) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            guard let port = await ports.first(where: { _ in true }) else { throw CancellationError() }
            let stub = KeystoneStub(port: port)
            holder.withLock { $0 = stub }
            defer {
                stub.set(.well)
                group.cancelAll()
            }
            return try await body(stub)
        }
    }

    // MARK: What it knows

    /// What it was asked so far.
    package var counts: Counts { state.withLock { $0.counts } }

    /// How many requests wait for it to break its silence.
    package var waiting: Int { state.withLock { $0.silenced.count } }

    /// Changes how it treats requests.
    package func set(_ mood: Mood) {
        let silenced = state.withLock { state in
            state.mood = mood
            switch mood {
            case .silent, .silentAbout: return [CheckedContinuation<Void, Never>]()
            case .well, .failing: break
            }
            defer { state.silenced = [] }
            return state.silenced
        }
        silenced.forEach { $0.resume() }
    }

    /// Gives somebody a token.
    /// - Parameters:
    ///   - roles: those that they imply included, as Keystone has it.
    ///   - scope: the JSON members that say what the token is for, such as `"project": {…}`.
    ///   - life: in seconds, from now; negative for a token that has ended.
    package func issue(
        _ token: String,
        scope: String = alpha,
        roles: [String] = ["member", "reader"],
        life: TimeInterval = 3600
    ) {
        let body = Self.body(user: "ann", scope: scope, roles: roles, life: life)
        state.withLock { $0.tokens[token] = body }
    }

    /// The project `aa11`, as the scope of a token.
    package static let alpha =
        #""project": {"id": "aa11", "name": "alpha", "domain": {"id": "default", "name": "Default"}}"#

    /// Takes a token back.
    package func revoke(_ token: String) {
        state.withLock { $0.tokens[token] = nil }
    }

    /// No longer takes the tokens that it gave us.
    package func forgetOwnTokens() {
        state.withLock { $0.ownTokens = [] }
    }

    /// From now on does not take the tokens that it gives us.
    package func setForgetful() {
        state.withLock { $0.isForgetful = true }
    }

    /// How long the tokens that it gives us live, in seconds.
    package func setOwnLife(_ life: TimeInterval) {
        state.withLock { $0.ownLife = life }
    }

    /// Which roles it says we have, and whether it lets us validate.
    package func setOwnRoles(_ roles: [String], mayValidate: Bool = true) {
        state.withLock { ($0.ownRoles, $0.mayValidate) = (roles, mayValidate) }
    }

    static func body(user: String, scope: String, roles: [String], life: TimeInterval) -> String {
        let end = Date(timeIntervalSinceNow: life).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let roles = roles.map { #"{"id": "r-\#($0)", "name": "\#($0)"}"# }.joined(separator: ", ")
        return #"""
            {"token": {"methods": ["password"], "expires_at": "\#(end)", "audit_ids": ["x"], "roles": [\#(roles)],
            "user": {"id": "u-\#(user)", "name": "\#(user)", "domain": {"id": "default", "name": "Default"}},
            \#(scope)}}
            """#
    }
}
