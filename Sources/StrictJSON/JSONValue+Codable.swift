/// A value is coded as its JSON text, so that a store keeps numbers, nulls and the order of members as they were.
extension JSONValue: Codable {
    public init(from decoder: any Decoder) throws {
        try self.init(parsing: Array(decoder.singleValueContainer().decode(String.self).utf8))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
