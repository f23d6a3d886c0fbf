import HTTPTypes

/// Why a request is refused, in the words that the caller reads.
struct APIFault: Error, Sendable {
    /// What kind of refusal it is, with the status and the name that Nova gives it.
    struct Code: Sendable, Hashable {
        private enum Value {
            case badRequest, unauthorized, forbidden, notFound, unrouted, notAcceptable, requestTimeout, conflict
            case tooLarge, longTarget, longHeaders, overLimit, badMediaType, unprocessable, unexpected, notImplemented
            case unavailable
        }
        private let value: Value

        static let badRequest = Code(value: .badRequest)
        static let unauthorized = Code(value: .unauthorized)
        static let forbidden = Code(value: .forbidden)
        static let notFound = Code(value: .notFound)
        /// There is no such route; answered as plain text.
        static let unrouted = Code(value: .unrouted)
        static let notAcceptable = Code(value: .notAcceptable)
        static let requestTimeout = Code(value: .requestTimeout)
        static let conflict = Code(value: .conflict)
        static let tooLarge = Code(value: .tooLarge)
        static let longTarget = Code(value: .longTarget)
        static let longHeaders = Code(value: .longHeaders)
        /// Too much of something at the same time.
        static let overLimit = Code(value: .overLimit)
        static let badMediaType = Code(value: .badMediaType)
        /// Another request under a key that was used.
        static let unprocessable = Code(value: .unprocessable)
        static let unexpected = Code(value: .unexpected)
        static let notImplemented = Code(value: .notImplemented)
        static let unavailable = Code(value: .unavailable)

        var status: HTTPResponse.Status {
            switch value {
            case .badRequest: .badRequest
            case .unauthorized: .unauthorized
            case .forbidden: .forbidden
            case .notFound, .unrouted: .notFound
            case .notAcceptable: .notAcceptable
            case .requestTimeout: .requestTimeout
            case .conflict: .conflict
            case .tooLarge: .contentTooLarge
            case .longTarget: .uriTooLong
            case .longHeaders: .requestHeaderFieldsTooLarge
            case .overLimit: .tooManyRequests
            case .badMediaType: .unsupportedMediaType
            case .unprocessable: .unprocessableContent
            case .unexpected: .internalServerError
            case .notImplemented: .notImplemented
            case .unavailable: .serviceUnavailable
            }
        }

        /// The one key of the body.
        var name: String {
            switch value {
            case .badRequest: "badRequest"
            case .unauthorized: "unauthorized"
            case .forbidden: "forbidden"
            case .notFound, .unrouted: "itemNotFound"
            case .conflict: "conflictingRequest"
            case .tooLarge, .overLimit: "overLimit"
            case .badMediaType: "badMediaType"
            case .unprocessable: "unprocessableEntity"
            case .notImplemented: "notImplemented"
            case .unavailable: "serviceUnavailable"
            case .notAcceptable, .requestTimeout, .longTarget, .longHeaders, .unexpected: "computeFault"
            }
        }
    }

    let code: Code
    let message: String
    /// For the log only.
    let cause: (any Error)?
    let headers: HTTPFields

    init(_ code: Code, _ message: String, cause: (any Error)? = nil, headers: HTTPFields = [:]) {
        self.code = code
        self.message = message
        self.cause = cause
        self.headers = headers
    }

    static let unrouted = APIFault(.unrouted, "The resource could not be found.")
    static let malformedBody = APIFault(.badRequest, "Malformed request body")

    static func policy(_ rule: some CustomStringConvertible) -> APIFault {
        APIFault(.forbidden, "Policy doesn't allow \(rule) to be performed.")
    }

    static func unknownServer(_ id: String) -> APIFault {
        APIFault(.notFound, "Instance \(id) could not be found.")
    }

    /// Nova's words for a value of the query that its schema refuses.
    static func query(_ name: String, _ value: String, _ complaint: String) -> APIFault {
        APIFault(.badRequest, "Invalid input for query parameters \(name). Value: \(value). \(complaint)")
    }

    /// Nova's words for names that its schema does not know, sorted; `path` says where, when that is not the whole.
    static func additional(_ names: [String], in path: String = "") -> APIFault {
        let list = names.map { "'\($0)'" }.joined(separator: ", ")
        let verb = names.count == 1 ? "was" : "were"
        return APIFault(.badRequest, "\(path)Additional properties are not allowed (\(list) \(verb) unexpected)")
    }

    static func unknownMarker(_ marker: String) -> APIFault {
        APIFault(.badRequest, "marker [\(marker)] not found")
    }

    /// The service cannot answer now; the same request may do later.
    static func unavailable(_ message: String, cause: (any Error)? = nil) -> APIFault {
        APIFault(.unavailable, message, cause: cause, headers: [.retryAfter: "1"])
    }
}
