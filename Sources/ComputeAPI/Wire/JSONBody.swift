import Foundation

/// The body of a request as JSON.
enum JSONBody {
    private static let deepestNesting = 64

    /// - Throws: ``APIFault`` `.badRequest` for what is no JSON, or deeper than is read.
    static func parse(_ bytes: [UInt8]) throws(APIFault) -> Any {
        // The parser would take UTF-16 and a byte order mark, which Nova does not.
        guard String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0),
            !bytes.starts(with: [0xEF, 0xBB, 0xBF]),
            isPlain(bytes)
        else { throw .malformedBody }
        do {
            return try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        } catch {
            throw .malformedBody
        }
    }

    /// Whether no bracket stands deeper than the parser's stack is meant for, and none follows a comma, which the parser
    /// lets pass. What stands inside strings does not count.
    private static func isPlain(_ bytes: [UInt8]) -> Bool {
        var (depth, isString, isEscaped, followsComma) = (0, false, false, false)
        for byte in bytes {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\") where isString: isEscaped = true
            case UInt8(ascii: "\""): isString.toggle()
            case _ where isString: break
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard !followsComma else { return false }
                depth -= 1
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): continue
            default: break
            }
            followsComma = byte == UInt8(ascii: ",") && !isString
            guard depth <= deepestNesting else { return false }
        }
        return true
    }
}
