import HTTPTypes

/// Which content types come in and go out.
enum ContentTypes {
    private static let vendor = "application/vnd.openstack.compute+json"
    private static let readable: Set<Substring> = ["", "text/plain", "application/json", Substring(vendor)]

    /// - Throws: ``APIFault`` `.badMediaType` for a request that declares its body, if any, as
    ///   something else than JSON or nearly so.
    static func check(_ headers: HTTPFields) throws(APIFault) {
        guard readable.contains(bare(headers[.contentType] ?? "")) else {
            throw APIFault(.badMediaType, "Unsupported Content-Type")
        }
    }

    /// The type of an answer: JSON, under the vendor's name for a caller who likes that better.
    static func answer(_ headers: HTTPFields) -> String {
        guard headers.contains(.accept) else { return "application/json" }
        let ranges = headers[values: .accept].flatMap { $0.split(separator: ",") }.map(String.init)
        let liking = { (types: Set<String>) in
            ranges.filter { types.contains(bare($0).lowercased()) }.map(quality).max() ?? 0
        }
        return liking([vendor]) > liking(["application/json", "application/*", "*/*"]) ? vendor : "application/json"
    }

    private static func bare(_ type: String) -> Substring {
        Substring(type.utf8.prefix { $0 != UInt8(ascii: ";") }).withoutBlanksAround
    }

    private static func quality(_ range: String) -> Double {
        for parameter in range.split(separator: ";").dropFirst() {
            let text = parameter.withoutBlanksAround
            if text.hasPrefix("q=") { return Double(text.dropFirst(2)) ?? 1 }
        }
        return 1
    }
}
