public import OpenSSL

/// A private key under the name that verifiers know it by.
public struct SigningKey: Sendable {
    public let privateKey: PrivateKey
    public let keyID: String
    public let algorithm: SignatureAlgorithm

    /// - Throws: ``JWSError/algorithm(_:)`` where the key is too weak to sign with.
    public init(_ privateKey: PrivateKey, keyID: String) throws {
        guard let algorithm = SignatureAlgorithm(for: privateKey.kind) else {
            throw JWSError.algorithm("none for a key of kind \(privateKey.kind)")
        }
        self.privateKey = privateKey
        self.keyID = keyID
        self.algorithm = algorithm
    }

    /// The public half, for publication.
    public func jwk() throws -> JWK {
        try JWK(publicKey: privateKey.publicKey(), keyID: keyID)
    }
}
