import HTTPTypes
package import Hummingbird

/// `GET /healthz`: the process lives. `GET /readyz`: it can do its work. For load balancers and for Kubernetes, on a
/// port of their own that no tenant reaches.
package struct HealthResponder: HTTPResponder {
    private let isReady: @Sendable () async -> Bool

    /// - Parameter isReady: asked for every `/readyz`; it must come back soon.
    package init(isReady: @escaping @Sendable () async -> Bool) {
        self.isReady = isReady
    }

    /// 200 while all is well, 503 while it is not; 404 for any other path, 405 for any other method than GET and HEAD.
    package func respond(to request: Request, context: ConnectionContext) async -> Response {
        guard request.head.method == .get || request.head.method == .head else { return plain(.methodNotAllowed, "") }
        let response: Response
        switch request.uri.path {
        case "/healthz": response = plain(.ok, "alive\n")
        case "/readyz":
            response = await isReady() ? plain(.ok, "ready\n") : plain(.serviceUnavailable, "not ready\n")
        default: response = plain(.notFound, "")
        }
        return request.head.method == .head ? response.createHeadResponse() : response
    }

    private func plain(_ status: HTTPResponse.Status, _ text: String) -> Response {
        Response(
            status: status,
            headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}
