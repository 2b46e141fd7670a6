/// Text of strangers in a YAML file.
enum YAMLText {
    /// A YAML scalar that means exactly this text (YAML 1.2, 7.3.1).
    static func quote(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where isPlain(scalar): quoted.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x100: quoted += "\\x" + hex(scalar.value, 2)
            default: quoted += "\\u" + hex(scalar.value, 4)
            }
        }
        return quoted + "\""
    }

    private static let longestComment = 1000

    /// Text that stays within its line, and is cut where that would be very long.
    static func comment(_ text: String) -> String {
        var comment = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(longestComment) { comment.append(isPlain(scalar) ? scalar : " ") }
        return String(comment)
    }

    /// Whether a file may have it as it is, within a line (YAML 1.2, 5.1 and 5.4). A reader refuses the whole file for any
    /// other, wherever it stands.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2028, 0x2029, 0xFEFF: false
        case 0x20...0x7E, 0xA0...0xFFFD, 0x10000...: true
        default: false
        }
    }

    private static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
