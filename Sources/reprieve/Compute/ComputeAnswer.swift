import Foundation

/// What the API answered, as far as a command looks at it.
struct ComputeAnswer: Sendable {
    var status: Int
    var location: String?
    var retryAfter: Duration?
    /// The API's clock when it answered.
    var date: Date?
    var body: Data

    /// Reads a body of JSON.
    func decode<Body: Decodable>(_ type: Body.Type) throws(CommandError) -> Body {
        do {
            return try WireDate.decoder().decode(Body.self, from: body)
        } catch {
            throw CommandError(
                .failed,
                "the API's answer is not understood",
                advice: "does the URL lead to Reprieve, of this program's version (\(Reprieve.version))?",
                cause: error
            )
        }
    }

    /// The id of the task that a 202 leads to: the last part of its `Location`.
    ///
    /// No more of it is used, so that the token goes nowhere but to the API that was named.
    var taskID: String? {
        location.flatMap { URLComponents(string: $0)?.path.split(separator: "/").last.map(String.init) }
    }

    /// The answer as an error, or nil when it is none.
    func refusal(advice: String?) -> CommandError? {
        guard status >= 300 else { return nil }
        let message = faultMessage ?? "the API answered \(status)"
        switch status {
        case 401:
            return CommandError(.notAllowed, message, advice: "is the token (REPRIEVE_TOKEN) right, and not too old?")
        case 403: return CommandError(.notAllowed, message)
        // What is no API of this kind answers in its own way, and Reprieve itself with a choice of versions.
        case 300...399: return CommandError(.misused, message, advice: Self.urlAdvice)
        case 404: return CommandError(.notFound, message, advice: faultMessage == nil ? Self.urlAdvice : nil)
        case 400: return CommandError(.misused, message)
        case 429: return CommandError(.failed, message, advice: "see: reprieve task list")
        case 502...504: return CommandError(.unreachable, message, advice: "try again in a moment")
        default: return CommandError(.failed, message, advice: status == 409 ? advice : nil)
        }
    }

    private static let urlAdvice = "is REPRIEVE_URL right?"

    /// The message of a Compute fault (`{"<name>": {"code": N, "message": "…"}}`), or nil when it is none.
    private var faultMessage: String? {
        struct Fault: Decodable { var message: String }
        do {
            return try JSONDecoder().decode([String: Fault].self, from: body).first?.value.message
        } catch {
            return nil
        }
    }
}
