import COpenSSL

/// A private key that signs over SHA-256. It never leaves the process but by ``pem()``.
public struct PrivateKey: Sendable {
    let handle: KeyHandle
    public let kind: KeyKind

    private init(handle: KeyHandle) throws {
        guard let kind = handle.kind else { throw OpenSSLError(operation: "using a key that is neither P-256 nor RSA") }
        self.handle = handle
        self.kind = kind
    }

    /// A fresh key from OpenSSL's random generator.
    public static func generate(_ kind: KeyKind) throws -> PrivateKey {
        let pointer = try OpenSSLError.checking("generating a key") {
            switch kind {
            case .p256: ima_generate_p256()
            case .rsa(let bits): ima_generate_rsa(UInt32(clamping: bits))
            }
        }
        return try PrivateKey(handle: KeyHandle(owning: pointer))
    }

    /// A key from PEM text (PKCS #8, or the older SEC 1 and PKCS #1 forms). An encrypted key is refused.
    public init(pem: String) throws {
        let pointer = try OpenSSLError.checking("reading a PEM private key") {
            // The BIO reads from where the text lies, so it must not outlive this closure.
            Array(pem.utf8).withUnsafeBytes { bytes -> OpaquePointer? in
                guard let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else { return nil }
                defer { BIO_free(bio) }
                // Without a callback OpenSSL would ask the terminal for a passphrase.
                return PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil)
            }
        }
        try self.init(handle: KeyHandle(owning: pointer))
    }

    /// A key that never leaves its token.
    ///
    /// - Parameters:
    ///   - uri: of the key in the token (RFC 7512), with a `pin-source` where the token asks for a PIN
    ///   - module: the path of the token's PKCS #11 library
    /// - Throws: ``OpenSSLError``, also where the engine `pkcs11` (Debian's libengine-pkcs11-openssl) is missing
    public init(token uri: String, module: String) throws {
        let pointer = try OpenSSLError.checking("loading a key from a PKCS #11 token") { ima_token_key(module, uri) }
        try self.init(handle: KeyHandle(owning: pointer))
    }

    /// The key as unencrypted PKCS #8 PEM. Whoever writes it to a file answers for the file's mode.
    public func pem() throws -> String {
        try OpenSSLError.checking("encoding a private key") {
            guard let bio = BIO_new(BIO_s_mem()) else { return nil }
            defer { BIO_free(bio) }
            guard PEM_write_bio_PKCS8PrivateKey(bio, handle.pointer, nil, nil, 0, nil, nil) == 1 else { return nil }
            return Self.text(of: bio)
        }
    }

    public func publicKey() throws -> PublicKey {
        let half = try OpenSSLError.checking("taking the public half of a key") { ima_public_half(handle.pointer) }
        return try PublicKey(handle: KeyHandle(owning: half))
    }

    /// Signs the SHA-256 of `message`: 64 bytes R||S for ECDSA, PKCS #1 v1.5 for RSA.
    public func sign(_ message: some Collection<UInt8>) throws -> [UInt8] {
        let bytes = Array(message)
        let signature = try OpenSSLError.checking("signing") { () -> [UInt8]? in
            guard let context = EVP_MD_CTX_new() else { return nil }
            defer { EVP_MD_CTX_free(context) }
            var length = 0
            guard EVP_DigestSignInit(context, nil, EVP_sha256(), nil, handle.pointer) == 1,
                EVP_DigestSign(context, nil, &length, bytes, bytes.count) == 1
            else { return nil }
            var output = [UInt8](repeating: 0, count: length)
            guard EVP_DigestSign(context, &output, &length, bytes, bytes.count) == 1 else { return nil }
            return Array(output.prefix(length))
        }
        guard case .p256 = kind else { return signature }
        guard let raw = ECDSASignature.raw(der: signature) else { throw OpenSSLError(operation: "encoding R||S") }
        return raw
    }

    static func text(of bio: OpaquePointer) -> String? {
        var data: UnsafeMutablePointer<CChar>?
        let length = ima_bio_contents(bio, &data)
        guard let data, length > 0 else { return nil }
        return data.withMemoryRebound(to: UInt8.self, capacity: length) {
            String(decoding: UnsafeBufferPointer(start: $0, count: length), as: UTF8.self)
        }
    }
}
