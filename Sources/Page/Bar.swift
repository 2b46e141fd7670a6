/// Shares of a whole as a drawing. Attributes only: the page's policy allows no style in line.
enum Bar {
    /// - Parameters:
    ///   - parts: with the classes that colour them; what is left of the whole stays empty
    ///   - label: all of it in words
    static func html(_ parts: [(name: String, amount: Double)], of whole: Double, label: String) -> HTML {
        var html: HTML =
            "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"\(label)\">"
        html += "<rect class=\"b-rest\" width=\"1000\" height=\"10\"/>"
        var start = 0
        for part in parts where part.amount > 0 && whole > 0 {
            let width = max(1, min(1000 - start, Int((part.amount / whole * 1000).rounded())))
            guard start < 1000 else { break }
            html += "<rect class=\"b-\(part.name)\" x=\"\(start)\" width=\"\(width)\" height=\"10\"/>"
            start += width
        }
        return html + "</svg>"
    }
}
