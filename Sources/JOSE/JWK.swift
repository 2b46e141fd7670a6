public import OpenSSL
public import StrictJSON

/// A public JSON Web Key (RFC 7517) for verifying signatures: P-256, or RSA of at least 2048 bits.
public struct JWK: Sendable {
    public let keyID: String
    public let algorithm: SignatureAlgorithm
    public let publicKey: PublicKey
    /// Seconds since 1970 between which the key counts, as `nbf` and `exp` of a JWT would say it (RFC 7519, 4.1.4 and
    /// 4.1.5); key sets of some issuers carry them.
    public let notBefore: Int64?
    public let expires: Int64?

    public init(publicKey: PublicKey, keyID: String, notBefore: Int64? = nil, expires: Int64? = nil) throws {
        self.notBefore = notBefore
        self.expires = expires
        guard let algorithm = SignatureAlgorithm(for: publicKey.kind) else {
            throw JWKError(keyID: keyID, problem: "an RSA key under 2048 bits is too weak")
        }
        self.publicKey = publicKey
        self.keyID = keyID
        self.algorithm = algorithm
    }

    /// Reads one key of a set.
    ///
    /// - Throws: ``JWKError`` where the key is of another kind, carries private parts, or is not meant for verifying.
    public init(json: JSONValue) throws {
        guard json.object != nil else { throw JWKError(keyID: "?", problem: "is no JSON object") }
        guard let id = json["kid"]?.string, !id.isEmpty else {
            throw JWKError(keyID: "?", problem: "has no \"kid\"")
        }
        func fail(_ problem: String) -> JWKError { JWKError(keyID: id, problem: problem) }
        func bytes(_ member: String) throws -> [UInt8] {
            guard let text = json[member]?.string, let bytes = Base64URL.decode(text), !bytes.isEmpty else {
                throw fail("\"\(member)\" is not base64url")
            }
            return bytes
        }
        // RFC 7518, 6.2.1.2 wants all 32 octets. Some libraries drop leading zeros, in one key of 128; the number, and
        // with it the key, is the same.
        func coordinate(_ member: String) throws -> [UInt8] {
            let bytes = try bytes(member)
            return [UInt8](repeating: 0, count: max(0, 32 - bytes.count)) + bytes
        }
        guard json["d"] == nil else { throw fail("holds the private \"d\", which must never be shared") }
        if let use = json["use"], use.string != "sig" {
            throw fail("is for \"\(use.string ?? "?")\", not for \"sig\"")
        }
        if let operations = json["key_ops"]?.array, !operations.contains("verify") {
            throw fail("\"key_ops\" does not name \"verify\"")
        }
        let key: PublicKey
        do {
            switch json["kty"]?.string {
            case "EC":
                guard json["crv"]?.string == "P-256" else { throw fail("only the curve P-256 is accepted") }
                key = try PublicKey(p256X: coordinate("x"), y: coordinate("y"))
            case "RSA":
                key = try PublicKey(rsaModulus: bytes("n"), exponent: bytes("e"))
            case let other:
                throw fail("\"kty\" should be EC or RSA (got \(other ?? "none"))")
            }
        } catch let error as OpenSSLError {
            throw fail(error.description)
        }
        func seconds(_ member: String) throws -> Int64? {
            guard let value = json[member] else { return nil }
            guard let number = value.number?.int else { throw fail("\"\(member)\" should be seconds since 1970") }
            return Int64(number)
        }
        try self.init(publicKey: key, keyID: id, notBefore: seconds("nbf"), expires: seconds("exp"))
        if let name = json["alg"]?.string, name != algorithm.rawValue {
            throw fail("\"alg\" is \(name), but the key is for \(algorithm.rawValue)")
        }
    }

    /// Whether both are one key, in force at the same times.
    public func isSame(as other: JWK) -> Bool {
        guard notBefore == other.notBefore, expires == other.expires,
            let one = try? publicKey.subjectPublicKeyInfo(), let two = try? other.publicKey.subjectPublicKeyInfo()
        else { return false }
        return one == two
    }

    /// The public members, for publication.
    public func json() throws -> JSONValue {
        var object = JSONObject()
        switch publicKey.kind {
        case .p256:
            let point = try publicKey.p256Point()
            object["kty"] = "EC"
            object["crv"] = "P-256"
            object["x"] = .string(Base64URL.encode(point.x))
            object["y"] = .string(Base64URL.encode(point.y))
        case .rsa:
            let numbers = try publicKey.rsaNumbers()
            object["kty"] = "RSA"
            object["n"] = .string(Base64URL.encode(numbers.modulus))
            object["e"] = .string(Base64URL.encode(numbers.exponent))
        }
        object["kid"] = .string(keyID)
        object["nbf"] = notBefore.map { .number(JSONNumber($0)) }
        object["exp"] = expires.map { .number(JSONNumber($0)) }
        object["use"] = "sig"
        object["alg"] = .string(algorithm.rawValue)
        return .object(object)
    }
}

/// What is wrong with a key of a JWK set.
public struct JWKError: Error, Sendable, Hashable, CustomStringConvertible {
    public let keyID: String
    public let problem: String

    public var description: String { "key \"\(keyID)\": \(problem)" }
}
