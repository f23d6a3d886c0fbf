import Crypto
import HTTPTypes

/// A strong validator of an answer: the same for the same bytes.
struct EntityTag {
    let text: String

    init(of body: [UInt8]) {
        let digits = SHA256.hash(data: body).prefix(16).reduce(into: "") { text, byte in
            if byte < 16 { text += "0" }
            text += String(byte, radix: 16)
        }
        text = "\"\(digits)\""
    }

    /// Whether the caller has what this is the tag of.
    func isKnown(to headers: HTTPFields) -> Bool {
        headers[values: .ifNoneMatch].flatMap { $0.split(separator: ",") }.contains { candidate in
            let tag = candidate.filter { $0 != " " && $0 != "\t" }
            return tag == "*" || (tag.hasPrefix("W/") ? tag.dropFirst(2) : tag[...]) == text
        }
    }
}

extension Answer {
    /// The answer with its tag; or, for a caller who has it already, that it has not changed.
    func tagged(for headers: HTTPFields) -> Answer {
        let tag = EntityTag(of: body)
        var answer = self
        if tag.isKnown(to: headers) {
            answer.status = .notModified
            answer.headers[.contentType] = nil
            answer.body = []
        }
        answer.headers[.eTag] = tag.text
        return answer
    }
}
