/// How words stand out on a terminal; plain anywhere else.
public struct Style: Sendable {
    public enum Tone: String, Sendable {
        case bold = "1"
        case good = "32"
        case warning = "33"
        case bad = "1;31"
        case faint = "2"
    }

    public let isColoured: Bool

    /// - Parameters:
    ///   - isTerminal: whether somebody looks at it
    ///   - environment: `NO_COLOR` (no-color.org) and `TERM=dumb` are respected
    public init(isTerminal: Bool, environment: [String: String]) {
        isColoured = isTerminal && environment["NO_COLOR", default: ""].isEmpty && environment["TERM"] != "dumb"
    }

    public static let plain = Style(isTerminal: false, environment: [:])

    public func callAsFunction(_ tone: Tone, _ text: String) -> String {
        isColoured ? "\u{1B}[\(tone.rawValue)m\(text)\u{1B}[0m" : text
    }
}
