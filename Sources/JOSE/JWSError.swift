/// Why a JWS is not believed.
public enum JWSError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Not three base64url parts of which the first is a JSON object.
    case malformed(String)
    /// The header asks for an algorithm outside ES256 and RS256, or for another than the key's.
    case algorithm(String)
    /// The header holds a parameter that this project refuses: `crit`, `b64`, or an embedded key.
    case forbiddenHeader(String)
    /// The header names no key, or one that is not among those trusted.
    case unknownKey(String)
    /// The key's `nbf` has not come, or its `exp` has passed.
    case keyNotInForce(String)
    case badSignature(keyID: String)

    public var description: String {
        switch self {
        case .malformed(let what): "malformed JWS: \(what)"
        case .algorithm(let name): "JWS algorithm \(name) is not accepted with this key"
        case .forbiddenHeader(let name): "JWS header parameter \"\(name)\" is refused"
        case .unknownKey(let id): "no trusted key has the kid \"\(id)\""
        case .keyNotInForce(let id): "the key \"\(id)\" is not in force now (its nbf or exp)"
        case .badSignature(let id): "the signature does not verify with the key \"\(id)\""
        }
    }
}
