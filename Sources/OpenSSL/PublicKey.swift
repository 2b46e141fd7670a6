import COpenSSL

/// A public key that verifies signatures over SHA-256.
public struct PublicKey: Sendable {
    let handle: KeyHandle
    public let kind: KeyKind

    init(handle: KeyHandle) throws {
        guard let kind = handle.kind else { throw OpenSSLError(operation: "using a key that is neither P-256 nor RSA") }
        self.handle = handle
        self.kind = kind
    }

    /// A P-256 key by the affine coordinates of its point, 32 bytes each, big-endian.
    ///
    /// - Throws: ``OpenSSLError`` where the point does not lie on the curve.
    public init(p256X x: [UInt8], y: [UInt8]) throws {
        guard x.count == 32, y.count == 32 else { throw OpenSSLError(operation: "reading a P-256 point") }
        var point: [UInt8] = [4] + x + y
        let pointer = try OpenSSLError.checking("reading a P-256 point") { ima_p256_public_key(&point) }
        try self.init(handle: KeyHandle(owning: pointer))
    }

    /// An RSA key by modulus and exponent, big-endian.
    public init(rsaModulus modulus: [UInt8], exponent: [UInt8]) throws {
        let pointer = try OpenSSLError.checking("reading an RSA key") {
            ima_rsa_public_key(modulus, Int32(modulus.count), exponent, Int32(exponent.count))
        }
        try self.init(handle: KeyHandle(owning: pointer))
    }

    /// The point of a P-256 key, 32 bytes a coordinate.
    public func p256Point() throws -> (x: [UInt8], y: [UInt8]) {
        (
            try handle.bigNumber(OSSL_PKEY_PARAM_EC_PUB_X, width: 32),
            try handle.bigNumber(OSSL_PKEY_PARAM_EC_PUB_Y, width: 32)
        )
    }

    /// Modulus and exponent of an RSA key.
    public func rsaNumbers() throws -> (modulus: [UInt8], exponent: [UInt8]) {
        (try handle.bigNumber(OSSL_PKEY_PARAM_RSA_N), try handle.bigNumber(OSSL_PKEY_PARAM_RSA_E))
    }

    /// Whether `signature` is this key's over the SHA-256 of `message`.
    ///
    /// An ECDSA signature is the 64 bytes R||S (RFC 7518, 3.4), an RSA one PKCS #1 v1.5.
    public func verifies(_ signature: [UInt8], over message: some Collection<UInt8>) -> Bool {
        let encoded: [UInt8]
        switch kind {
        case .rsa: encoded = signature
        case .p256:
            guard let der = ECDSASignature.der(raw: signature) else { return false }
            encoded = der
        }
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit(context, nil, EVP_sha256(), nil, handle.pointer) == 1 else { return false }
        let check = { (bytes: UnsafeBufferPointer<UInt8>) in
            EVP_DigestVerify(context, encoded, encoded.count, bytes.baseAddress, bytes.count) == 1
        }
        return message.withContiguousStorageIfAvailable(check) ?? Array(message).withUnsafeBufferPointer(check)
    }

    /// This key as a DER-encoded SubjectPublicKeyInfo (RFC 5280), over which pins are computed (RFC 7469).
    public func subjectPublicKeyInfo() throws -> [UInt8] {
        let length = i2d_PUBKEY(handle.pointer, nil)
        guard length > 0 else { throw OpenSSLError.draining("encoding a public key") }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        bytes.withUnsafeMutableBufferPointer { buffer in
            var cursor = buffer.baseAddress
            _ = i2d_PUBKEY(handle.pointer, &cursor)
        }
        return bytes
    }
}
