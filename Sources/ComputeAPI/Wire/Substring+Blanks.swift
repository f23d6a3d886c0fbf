extension Substring {
    /// Without the spaces and tabs at both ends, which mean nothing around the values of headers.
    var withoutBlanksAround: Substring {
        let text = utf8.drop(while: Self.isBlank)
        guard let last = text.lastIndex(where: { !Self.isBlank($0) }) else { return "" }
        return Substring(text[...last])
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
