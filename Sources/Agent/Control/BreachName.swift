import Journal
import PowerEvents

/// A breach as an operator names it: by its id, or by the first characters of it.
public enum BreachName {
    enum Match: Sendable, Hashable {
        case one(UUIDText)
        case none
        /// Those that begin so.
        case several([UUIDText])
    }

    /// How many are named where a prefix fits several.
    static let maximumNamed = 10

    static func find(_ text: String, among ids: some Sequence<UUIDText>) -> Match {
        let prefix = text.lowercased()
        guard !prefix.isEmpty else { return .none }
        let matches = ids.filter { $0.text.hasPrefix(prefix) }.sorted()
        guard let only = matches.first else { return .none }
        return matches.count == 1 ? .one(only) : .several(matches)
    }

    /// A name that is not one breach's.
    public struct NotOne: Error, CustomStringConvertible {
        let message: String
        /// Whether it fits several.
        let isAmbiguous: Bool

        public var description: String { message }
    }

    /// The breach that a name means, of those that the history knows.
    ///
    /// - Throws: ``NotOne``, or what the store throws
    static func find(_ text: String, in store: any Store) async throws -> UUIDText {
        switch find(text, among: try await store.breaches(startingWith: text, limit: maximumNamed + 1)) {
        case .one(let id): return id
        case .several(let ids): throw NotOne(message: objection(text, ids), isAmbiguous: true)
        case .none: throw NotOne(message: "the history knows no breach \"\(text)\"", isAmbiguous: false)
        }
    }

    /// What to say of a prefix that fits several.
    static func objection(_ text: String, _ matches: [UUIDText]) -> String {
        let named = matches.prefix(maximumNamed).map(\.text).joined(separator: ", ")
        let more = matches.count > maximumNamed ? " and others" : ""
        return "several breaches begin with \(text): \(named)\(more); name one with more characters"
    }
}
