import HTTPTypes

/// What goes back to the caller.
struct Answer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields
    var body: [UInt8]
    /// The id of the earlier request that this one repeats.
    var requestID: String?
    /// Whose request it was: for the log.
    var projectID: String?
    /// Who asked: for the log.
    var userID: String?
    /// What went wrong inside: for the log, never for the caller.
    var problem: (any Error)?

    init(status: HTTPResponse.Status, headers: HTTPFields = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON document.
    init(status: HTTPResponse.Status = .ok, _ body: JSON, type: String = "application/json", headers: HTTPFields = [:])
    {
        self.init(status: status, headers: headers, body: body.bytes)
        self.headers[.contentType] = type
    }

    /// A JSON document that is written already.
    init(_ document: [UInt8]) {
        self.init(status: .ok, headers: [.contentType: "application/json"], body: document)
    }

    /// No content, which still has a content type in Nova.
    static func empty(_ status: HTTPResponse.Status, headers: HTTPFields = [:]) -> Answer {
        var answer = Answer(status: status, headers: headers)
        answer.headers[.contentType] = "application/json"
        return answer
    }

    /// The answer to the request with this id, whoever repeats it.
    func repeating(_ requestID: String) -> Answer {
        var answer = self
        answer.requestID = requestID
        return answer
    }

    init(_ fault: APIFault) {
        switch fault.code {
        case .unauthorized:
            self.init(
                status: .unauthorized,
                ["error": ["code": 401, "title": "Unauthorized", "message": .string(fault.message)]]
            )
        case .unrouted:
            // The spaces at the end are Nova's.
            self.init(
                status: .notFound,
                headers: [.contentType: "text/plain; charset=UTF-8"],
                body: Array("404 Not Found\n\n\(fault.message)\n\n   ".utf8)
            )
        default:
            let details: JSON = ["code": .integer(fault.code.status.code), "message": .string(fault.message)]
            self.init(
                status: fault.code.status,
                .object([JSONMember(name: fault.code.name, value: details)]),
                type: "application/json; charset=UTF-8"
            )
        }
        headers.append(contentsOf: fault.headers)
        problem = fault.cause
    }
}
