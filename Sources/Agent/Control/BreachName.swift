import PowerEvents

/// A breach as an operator names it: by its id, or by the first characters of it.
enum BreachName {
    enum Match: Sendable, Hashable {
        case one(UUIDText)
        case none
        /// Those that begin so.
        case several([UUIDText])
    }

    /// How many are named where a prefix fits several.
    static let mostNamed = 10

    static func find(_ text: String, among ids: some Sequence<UUIDText>) -> Match {
        let prefix = text.lowercased()
        guard !prefix.isEmpty else { return .none }
        let matches = ids.filter { $0.text.hasPrefix(prefix) }.sorted()
        guard let only = matches.first else { return .none }
        return matches.count == 1 ? .one(only) : .several(matches)
    }

    /// What to say of a prefix that fits several.
    static func objection(_ text: String, _ matches: [UUIDText]) -> String {
        let named = matches.prefix(mostNamed).map(\.text).joined(separator: ", ")
        let more = matches.count > mostNamed ? " and others" : ""
        return "several breaches begin with \(text): \(named)\(more); name one with more characters"
    }
}
