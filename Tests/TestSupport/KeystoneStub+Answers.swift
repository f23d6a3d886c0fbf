import Foundation
import HTTPTypes
import Hummingbird
import Postgres

/// What it answers.
extension KeystoneStub {
    private static let own = HTTPField.Name("X-Auth-Token")
    private static let subject = HTTPField.Name("X-Subject-Token")

    func answer(_ request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 16)
        state.withLock { _ = $0.counts.targets.insert(request.uri.string) }
        await keepSilence(about: field(Self.subject, request))
        if case .failing(let status) = state.withLock({ $0.mood }) {
            return Response(status: .init(code: status))
        }
        guard request.uri.path == "/v3/auth/tokens" else { return Response(status: .notFound) }
        switch request.method {
        case .post: return logIn(String(buffer: body))
        case .get: return validate(field(Self.own, request), field(Self.subject, request))
        default: return Response(status: .methodNotAllowed)
        }
    }

    private func keepSilence(about token: String) async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                switch state.mood {
                case .silent: break
                case .silentAbout(let beginning) where token.hasPrefix(beginning): break
                default: return true
                }
                state.silenced.append(continuation)
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    private func field(_ name: HTTPField.Name?, _ request: Request) -> String {
        name.flatMap { request.headers[$0] } ?? ""
    }

    private func logIn(_ body: String) -> Response {
        state.withLock { state in
            state.counts.logIns += 1
            state.counts.logInBody = body
            guard body.contains(#""\#(Self.password)""#) else {
                state.counts.refusedLogIns += 1
                return Self.refusal(.unauthorized)
            }
            if body.contains(Self.unknownCredential) {
                state.counts.refusedLogIns += 1
                return Self.refusal(.notFound, "Could not find Application Credential: \(Self.unknownCredential).")
            }
            let token = "own-\(state.counts.logIns)"
            if !state.isForgetful { state.ownTokens.insert(token) }
            let body = Self.body(user: "reprieve", scope: Self.alpha, roles: state.ownRoles, life: state.ownLife)
            var response = Self.json(.created, body)
            if let name = Self.subject { response.headers[name] = token }
            return response
        }
    }

    private func validate(_ own: String, _ subject: String) -> Response {
        state.withLock { state in
            state.counts.validations += 1
            guard state.ownTokens.contains(own) else {
                state.counts.foreignValidations += 1
                return Self.refusal(.unauthorized)
            }
            guard state.mayValidate else { return Self.refusal(.forbidden) }
            return state.tokens[subject].map { Self.json(.ok, $0) } ?? Self.refusal(.notFound)
        }
    }

    private static func refusal(_ status: HTTPResponse.Status, _ message: String = "No.") -> Response {
        json(status, #"{"error": {"code": \#(status.code), "message": "\#(message)", "title": "No"}}"#)
    }

    private static func json(_ status: HTTPResponse.Status, _ body: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: body))
        )
    }
}
