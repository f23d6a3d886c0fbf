import HTTPTypes

extension HTTPField.Name {
    static let openStackAPIVersion = known("OpenStack-API-Version")
    static let novaAPIVersion = known("X-OpenStack-Nova-API-Version")
    static let openStackRequestID = known("X-Openstack-Request-Id")
    static let computeRequestID = known("X-Compute-Request-Id")
    static let authToken = known("X-Auth-Token")
    static let traceParent = known("traceparent")
    /// What a proxy says of the request that came to it.
    static let forwardedHost = known("X-Forwarded-Host")
    static let forwardedScheme = known("X-Forwarded-Proto")
    static let prefer = known("Prefer")
    static let preferenceApplied = known("Preference-Applied")
    static let idempotencyKey = known("Idempotency-Key")

    /// A name that is written in this file, and so a legal one.
    private static func known(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no header name") }
        return field
    }
}
