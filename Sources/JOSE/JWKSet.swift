public import StrictJSON

/// A JWK set (RFC 7517, 5): public keys by their `kid`, each of which occurs once.
public struct JWKSet: Sendable {
    private var keys: [String: JWK] = [:]

    public init() {}

    public init(_ keys: [JWK]) throws {
        for key in keys { try add(key) }
    }

    /// Reads `{"keys": [...]}`. A set with one bad key is bad as a whole: dropping it silently would look like a
    /// revoked key.
    ///
    /// - Throws: ``JWKError`` or ``StrictJSON/JSONSyntaxError``
    public init(decoding bytes: some Collection<UInt8>) throws {
        let json = try JSONValue(parsing: bytes)
        guard let list = json["keys"]?.array else {
            throw JWKError(keyID: "?", problem: "the set has no \"keys\" array")
        }
        try self.init(list.map { try JWK(json: $0) })
    }

    public subscript(keyID: String) -> JWK? { keys[keyID] }
    public var isEmpty: Bool { keys.isEmpty }
    public var count: Int { keys.count }
    public var keyIDs: [String] { keys.keys.sorted() }

    public mutating func add(_ key: JWK) throws {
        guard keys.updateValue(key, forKey: key.keyID) == nil else {
            throw JWKError(keyID: key.keyID, problem: "the \"kid\" occurs twice")
        }
    }

    public func json() throws -> JSONValue {
        ["keys": .array(try keyIDs.compactMap { try keys[$0]?.json() })]
    }
}
