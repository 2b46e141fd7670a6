import StrictJSON

/// The protected header of a JWS, as far as it is obeyed: an algorithm and the name of a key.
struct JWSHeader {
    let algorithm: SignatureAlgorithm
    let keyID: String

    /// Header parameters that would have the sender choose what it is verified with, or how (RFC 8725, 3.10;
    /// RFC 7515, 4.1.11; RFC 7797).
    private static let forbidden = ["crit", "b64", "jwk", "jku", "x5u", "x5c"]

    init(decoding bytes: [UInt8]) throws {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes, limits: JSONLimits(depth: 4))
        } catch {
            throw JWSError.malformed("the header is \(error)")
        }
        guard let object = json.object else { throw JWSError.malformed("the header is no JSON object") }
        if let name = Self.forbidden.first(where: { object[$0] != nil }) { throw JWSError.forbiddenHeader(name) }
        guard let name = object["alg"]?.string else { throw JWSError.malformed("the header names no algorithm") }
        guard let algorithm = SignatureAlgorithm(rawValue: name) else { throw JWSError.algorithm(name) }
        guard let keyID = object["kid"]?.string, !keyID.isEmpty else { throw JWSError.unknownKey("") }
        self.algorithm = algorithm
        self.keyID = keyID
    }

    static func encode(algorithm: SignatureAlgorithm, keyID: String) -> [UInt8] {
        JSONValue.object(
            {
                var header = JSONObject()
                header["alg"] = .string(algorithm.rawValue)
                header["kid"] = .string(keyID)
                return header
            }()
        ).bytes
    }
}
