import Site

/// How numbers, times, names and commands are written on the page.
enum Words {
    /// `1 node`, `2 nodes`
    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : noun.hasSuffix("s") ? "es" : "s")"
    }

    /// `4.80 kW`, `31509 kW`
    static func kilowatts(_ watts: Int) -> String {
        guard watts.magnitude < 1_000_000 else { return "\(watts < 0 ? "-" : "")\((watts.magnitude + 500) / 1000) kW" }
        let hundredths = (watts.magnitude + 5) / 10
        let fraction = hundredths % 100
        return "\(watts < 0 ? "-" : "")\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) kW"
    }

    /// A time, absolute for who has no script; the script adds how long ago that is, or how long it still takes.
    static func time(_ text: String?) -> HTML {
        guard let text else { return "" }
        return "<time datetime=\"\(text)\">\(readable(text))</time>"
    }

    /// `2026-11-21 04:20:00 UTC` of RFC 3339.
    static func readable(_ text: String) -> String {
        guard text.utf8.count >= 19, text.hasSuffix("Z") else { return text }
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }

    /// A sentence in which what stands in backquotes is a command to type.
    static func sentence(_ text: String) -> HTML {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map { index, part in
            index.isMultiple(of: 2) ? prose(String(part)) : "<code>\(String(part))</code>"
        }.joined()
    }

    /// Text in which times are such, so that the script can tell how long ago they were.
    static func prose(_ text: String) -> HTML {
        guard text.contains("T"), text.contains("Z") else { return "\(text)" }
        return text.split(separator: " ", omittingEmptySubsequences: false).enumerated().map { index, word -> HTML in
            let space: HTML = index == 0 ? "" : " "
            guard let end = word.lastIndex(of: "Z"), isTime(word[...end]) else { return "\(space)\(String(word))" }
            return "\(space)\(time(String(word[...end])))\(String(word[word.index(after: end)...]))"
        }.joined()
    }

    /// Such as `2026-11-21T04:20:00.125Z`.
    private static func isTime(_ text: Substring) -> Bool {
        let shape = "0000-00-00T00:00:00"
        return (20...30).contains(text.utf8.count)
            && zip(text.utf8, shape.utf8).allSatisfy { $1 == UInt8(ascii: "0") ? (0x30...0x39).contains($0) : $0 == $1 }
            && text.utf8.dropFirst(19).dropLast().allSatisfy { $0 == UInt8(ascii: ".") || (0x30...0x39).contains($0) }
    }

    /// Folded into ranges; what does not fit is there to be opened.
    static func names(_ names: [String], width: Int = 160) -> HTML {
        "\(NameList.text(names, width: width))"
    }

    /// One that leads to its explanation, or many folded.
    static func resources(_ names: [String], width: Int = 160) -> HTML {
        if names.count == 1, let name = names.first { return link(resource: name) }
        return "\(Self.names(names, width: width))"
    }

    static func link(resource name: String) -> HTML { "<a href=\"/resources/\(percent: name)\">\(name)</a>" }

    static func link(breach id: String) -> HTML {
        "<a href=\"/breaches/\(percent: id)\"><code>\(String(id.prefix(8)))</code></a>"
    }
}
