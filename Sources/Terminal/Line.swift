/// What fits into a line of a terminal.
enum Line {
    /// No longer than this, so that it is read without wrapping.
    static let width = 160

    /// Cut with an ellipsis where it is longer; control characters of foreign text are not shown.
    static func fit(_ text: String, width: Int = width) -> String {
        let clean =
            text.unicodeScalars.contains { $0.properties.generalCategory == .control }
            ? String(text.map { $0.unicodeScalars.allSatisfy { $0.properties.generalCategory == .control } ? " " : $0 })
            : text
        return clean.count <= width ? clean : clean.prefix(width - 1) + "…"
    }

    /// Over several lines where it is longer, the others indented, the last one cut.
    static func folded(_ text: String, lines most: Int, width: Int = width) -> [String] {
        var lines: [String] = []
        var rest = fit(text, width: Int.max)[...]
        while lines.count + 1 < most, rest.count > width, let space = rest.prefix(width + 1).lastIndex(of: " "),
            rest[..<space].contains(where: { $0 != " " })
        {
            lines.append(String(rest[..<space]))
            rest = "    " + rest[rest.index(after: space)...]
        }
        return lines + [fit(String(rest), width: width)]
    }

    /// `165 applied, 8 failed, 8 in progress`, without what there is none of.
    static func counts(_ counts: [(Int, String)], none: String) -> String {
        let told = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        return told.isEmpty ? none : told.joined(separator: ", ")
    }

    /// `1 resource`, `2 resources`
    static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// `4m12s`, `3d4h`: two units are enough.
    static func age(_ seconds: Double) -> String {
        let seconds = seconds.isFinite ? Int(max(0, min(seconds, 1e9))) : 0
        if seconds >= 86_400 { return "\(seconds / 86_400)d\(seconds / 3600 % 24)h" }
        if seconds >= 3600 { return "\(seconds / 3600)h\(seconds / 60 % 60)m" }
        return seconds >= 60 ? "\(seconds / 60)m\(seconds % 60)s" : "\(seconds)s"
    }

    /// `4.80 kW`, `900 W`
    static func power(_ watts: Int) -> String {
        guard watts.magnitude >= 10_000 else { return "\(watts) W" }
        let hundredths = (watts.magnitude + 5) / 10
        let fraction = hundredths % 100
        return "\(watts < 0 ? "-" : "")\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) kW"
    }
}
