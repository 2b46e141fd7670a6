import OpenSSL

/// JSON Web Signatures in compact serialisation (RFC 7515, 7.1).
public enum JWS {
    /// A payload that a trusted key signed.
    public struct Verified: Sendable {
        public let payload: [UInt8]
        public let keyID: String
    }

    /// Checks a token against trusted keys. The key decides the algorithm, never the header.
    ///
    /// - Parameter now: seconds since 1970, for keys that say from when until when they count; nil where that does not
    ///   matter
    /// - Throws: ``JWSError``; nothing of the payload is returned unless the signature verified.
    public static func verify(_ token: String, keys: JWKSet, now: Int64? = nil) throws -> Verified {
        // By bytes: going through megabytes character by character takes longer than checking the signature.
        let bytes = Array(token.utf8)
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw JWSError.malformed("\(parts.count) parts instead of 3") }
        guard let headerBytes = Base64URL.decode(parts[0]), !headerBytes.isEmpty else {
            throw JWSError.malformed("the header is not base64url")
        }
        let header = try JWSHeader(decoding: headerBytes)
        guard let payload = Base64URL.decode(parts[1]) else {
            throw JWSError.malformed("the payload is not base64url")
        }
        guard let signature = Base64URL.decode(parts[2]), !signature.isEmpty else {
            throw JWSError.malformed("the signature is not base64url")
        }
        guard let key = keys[header.keyID] else { throw JWSError.unknownKey(header.keyID) }
        guard key.algorithm == header.algorithm else { throw JWSError.algorithm(header.algorithm.rawValue) }
        if let now {
            if let notBefore = key.notBefore, now < notBefore { throw JWSError.keyNotInForce(header.keyID) }
            if let expires = key.expires, now >= expires { throw JWSError.keyNotInForce(header.keyID) }
        }
        guard key.publicKey.verifies(signature, over: bytes[..<parts[1].endIndex]) else {
            throw JWSError.badSignature(keyID: header.keyID)
        }
        return Verified(payload: payload, keyID: header.keyID)
    }

    /// What a token carries, whoever signed it: to be shown, and never to be acted upon.
    ///
    /// - Returns: nil where its second part is not base64url
    public static func unverifiedPayload(_ token: String) -> [UInt8]? {
        token.utf8.split(separator: UInt8(ascii: ".")).dropFirst().first.flatMap { Base64URL.decode(Array($0)) }
    }

    /// Signs a payload; the header holds `alg` and `kid` and nothing else.
    public static func sign(_ payload: some Collection<UInt8>, with key: SigningKey) throws -> String {
        let header = Base64URL.encode(JWSHeader.encode(algorithm: key.algorithm, keyID: key.keyID))
        let signed = "\(header).\(Base64URL.encode(payload))"
        return "\(signed).\(Base64URL.encode(try key.privateKey.sign(signed.utf8)))"
    }
}
