public import StrictJSON

/// A JWK set (RFC 7517, 5): public keys by their `kid`, each of which occurs once.
public struct JWKSet: Sendable {
    private var keys: [String: JWK] = [:]
    /// What a decoded set holds beside its usable keys, and why each of these is not used.
    public private(set) var skipped: [JWKError] = []

    public init() {}

    /// - Parameter keys: of two with one `kid`, the first counts
    public init(unique keys: [JWK]) {
        for key in keys where self.keys[key.keyID] == nil { self.keys[key.keyID] = key }
    }

    public init(_ keys: [JWK]) throws {
        for key in keys { try add(key) }
    }

    /// Reads `{"keys": [...]}` key by key. Sets hold keys for other uses and of kinds that are not known here, which
    /// should be ignored (RFC 7517, 5): those are in ``skipped``. Were the whole set refused for one of them, a key that
    /// was revoked in it would stay in force. Of two keys with one `kid`, the first counts.
    ///
    /// - Throws: ``JWKError`` or `JSONSyntaxError` where this is no set at all
    public init(decoding bytes: some Collection<UInt8>) throws {
        let json = try JSONValue(parsing: bytes)
        guard let list = json["keys"]?.array else {
            throw JWKError(keyID: "?", problem: "the set has no \"keys\" array")
        }
        for (index, entry) in list.enumerated() {
            do {
                let key = try JWK(json: entry)
                guard let first = keys[key.keyID] else {
                    keys[key.keyID] = key
                    continue
                }
                if !first.isSame(as: key) {
                    skipped.append(JWKError(keyID: key.keyID, problem: "another key has this \"kid\" already"))
                }
            } catch let error as JWKError {
                skipped.append(error.keyID == "?" ? JWKError(keyID: "keys[\(index)]", problem: error.problem) : error)
            } catch {
                skipped.append(JWKError(keyID: "keys[\(index)]", problem: "\(error)"))
            }
        }
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
