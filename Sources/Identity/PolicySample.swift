extension PolicyDefault {
    /// All defaults as a policy file in oslo.policy's form, every line a comment.
    package static var sample: String {
        all.map(\.sample).joined(separator: "\n")
    }

    private var sample: String {
        let comments = Self.wrapped(description) + operations + formerNames.flatMap { Self.wrapped(Self.remark($0)) }
        return (comments.map { "# \($0)" } + ["#\"\(name)\": \"\(text)\"", ""]).joined(separator: "\n")
    }

    private static func remark(_ former: FormerName) -> String {
        "Formerly \"\(former.name)\", which decides where a file has it and not this one."
    }

    /// Lines of at most 78 characters, unless a word is longer.
    private static func wrapped(_ text: String) -> [String] {
        text.split(separator: " ").reduce(into: []) { lines, word in
            if let last = lines.last, last.count + 1 + word.count <= 78 {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
    }
}
