import Foundation

/// What the agent answers to a command: what was done, and what happens next and when.
public struct CommandReply: Codable, Sendable, Hashable {
    /// `freeze`, `thaw`, `release`, `resume`: as in the history.
    public var code: String
    /// The whole id, where the command was for a breach.
    public var breach: String?
    /// Who asked, by the kernel's word.
    public var user: String?
    /// In words for people.
    public var next: String

    enum CodingKeys: String, CodingKey {
        case code
        case breach = "breach_id"
        case user, next
    }

    public init(code: String, breach: String? = nil, user: String? = nil, next: String) {
        self.code = code
        self.breach = breach
        self.user = user
        self.next = next
    }
}

extension CommandReply {
    /// - Throws: a `DecodingError`
    public init(json: [UInt8]) throws { self = try JSONDecoder().decode(Self.self, from: Data(json)) }

    public var json: String { APIText.encode(self) }
}

enum APIText {
    static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
