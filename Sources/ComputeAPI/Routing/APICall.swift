import HTTPTypes

/// One request as it came in, before anything about it is known to be right.
struct APICall: Sendable {
    let id: String
    let method: HTTPRequest.Method
    let target: RequestTarget
    let headers: HTTPFields
    /// `http`, or `https` where the connection has TLS.
    let scheme: String
    /// The `Host` header.
    let host: String?
    let body: [UInt8]
    /// Where it may wait, if it would.
    let wait: CallerWait?

    init(id: String, _ head: HTTPRequest, body: [UInt8] = [], wait: CallerWait? = nil) {
        self.id = id
        method = head.method
        target = RequestTarget(head.path ?? "/")
        headers = head.headerFields
        scheme = head.scheme ?? "http"
        host = head.authority
        self.body = body
        self.wait = wait
    }

    /// The method that decides the route: HEAD answers where GET does.
    var routedMethod: HTTPRequest.Method { method == .head ? .get : method }

    /// The id that the caller gave the request across services, when it is one; only ever logged.
    var globalRequestID: String? {
        headers[.openStackRequestID].flatMap { RequestID.matches($0) ? $0 : nil }
    }
}
