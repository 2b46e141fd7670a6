/// Many names as people read them: folded into ranges, and no longer than a line.
public enum NameList {
    /// `dgx-a07-[01-18], store-1 and 12 more`
    ///
    /// - Parameter width: about so many characters at most
    public static func text(_ names: [String], width: Int = 120) -> String {
        let folded = HostRange.fold(names)
        var text = ""
        for (index, part) in folded.enumerated() {
            let next = text.isEmpty ? part : "\(text), \(part)"
            if !text.isEmpty, next.count > width { return "\(cut(text, width)) and \(folded.count - index) more" }
            text = next
        }
        return cut(text, width)
    }

    /// One range may be longer than all of them should be.
    private static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width * 2 ? text : "\(text.prefix(width))…"
    }
}
