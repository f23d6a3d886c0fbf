/// The body of `POST …/action`: an object with one key, which names the action. Its value may be anything.
struct ActionBody {
    let action: String
    let value: Any

    /// - Throws: ``APIFault`` `.badRequest`, `.notFound`, as Nova does.
    init(_ bytes: [UInt8]) throws(APIFault) {
        switch try JSONBody.parse(bytes) {
        case let object as [String: Any]:
            guard object.count == 1, let only = object.first else { throw .malformedBody }
            (action, value) = only
        case let array as [Any]: throw Self.noObject(count: array.count)
        case let text as String: throw Self.noObject(count: text.unicodeScalars.count)
        default: throw Self.noObject(count: 1)
        }
    }

    /// Nova counts before it looks at what it counted, so `[{}]` and `7` are not found and `[]` is malformed.
    private static func noObject(count: Int) -> APIFault {
        count == 1 ? APIFault(.notFound, "The resource could not be found.") : .malformedBody
    }
}
