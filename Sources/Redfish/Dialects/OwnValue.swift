import PowerEvents
import Shedding
import StrictJSON

/// What a control's own value may be: the set point, limit, speed or mode that would become a prior.
///
/// | what | may be |
/// |---|---|
/// | a power | absent; null, 0 and 4294967295 ("no limit"); watts up to that, as a number or as a string that holds one |
/// | a speed | null, 0, 65535 and 4294967295 ("not set"); whole MHz below 65535 |
/// | a mode | a word, of those that may be chosen where the BMC lists them |
///
/// Anything else (NaN, Infinity, a negative or endless number, another type) says nothing of what is in force. Taken for
/// "no limit" it would become a prior that was never there, so that such a control is not used, with a reason.
enum OwnValue {
    /// - Parameter name: the member's, for people
    /// - Returns: why it cannot be used; nil where it can
    static func objection(toPower value: JSONValue?, _ name: String) -> String? {
        guard let value, !value.isNull else { return nil }
        guard RedfishNumber.watts(value) == nil, !RedfishNumber.isUnset(value) else { return nil }
        return "shows \(shortened(value)) as its \(name), which is no power in watts"
    }

    static func objection(toSpeed value: JSONValue?, _ name: String) -> String? {
        guard let value, !value.isNull else { return nil }
        guard RedfishNumber.megahertz(value) == nil, !RedfishNumber.isUnset(value, orSpeed: true) else { return nil }
        return "shows \(shortened(value)) as its \(name), which is no speed in whole MHz"
    }

    /// - Parameter known: what it may be; nil where that is not told
    static func objection(toMode value: JSONValue?, _ name: String, among known: [String]? = nil) -> String? {
        guard let value else { return nil }
        guard let word = value.string, let first = word.first, first.isLetter, !noWords.contains(word.lowercased())
        else {
            return "shows \(shortened(value)) as its \(name), which is no word"
        }
        guard let known, !known.contains(word) else { return nil }
        return "shows \(shortened(value)) as its \(name), which is none of \(known.joined(separator: ", "))"
    }

    /// As a lenient reader hands on what is no number.
    private static let noWords: Set<String> = ["nan", "nanq", "nans", "inf", "infinity"]

    private static func shortened(_ value: JSONValue) -> String {
        let text = value.text
        return text.count > 40 ? text.prefix(37) + "..." : text
    }
}
