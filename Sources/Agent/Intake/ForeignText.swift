/// What strangers wrote, made fit for a log line and a journal row: short, on one line, and without a trace of control
/// characters that could forge other lines or move a terminal's cursor.
enum ForeignText {
    static let longest = 300

    static func clean(_ text: String, longest: Int = longest) -> String {
        var clean = ""
        var length = 0
        for scalar in text.unicodeScalars {
            guard length < longest else { return clean + "…" }
            length += 1
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
                clean += "\\u{\(String(scalar.value, radix: 16))}"
            default: clean.unicodeScalars.append(scalar)
            }
        }
        return clean
    }
}
