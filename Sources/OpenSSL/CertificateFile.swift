import COpenSSL

/// Certificates in PEM, as others wrote them into files.
public enum CertificateFile {
    /// How many certificates a text holds; what stands between them is skipped, keys included.
    ///
    /// - Throws: ``OpenSSLError`` for a certificate that cannot be read
    public static func count(inPEM bytes: [UInt8]) throws -> Int {
        ERR_clear_error()
        defer { ERR_clear_error() }
        return try withBIO(bytes) { bio in
            var count = 0
            while let certificate = PEM_read_bio_X509_AUX(bio, nil, { _, _, _, _ in -1 }, nil) {
                X509_free(certificate)
                count += 1
            }
            guard ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE else {
                throw OpenSSLError.draining("reading certificate \(count + 1)")
            }
            return count
        }
    }

    /// Whether a private key belongs to the first certificate of a text; keys of all kinds that TLS knows.
    ///
    /// - Throws: ``OpenSSLError`` where either cannot be read, or they do not belong together
    public static func check(certificatePEM: [UInt8], keyPEM: [UInt8]) throws {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard let certificate = withBIO(certificatePEM, { PEM_read_bio_X509_AUX($0, nil, { _, _, _, _ in -1 }, nil) })
        else { throw OpenSSLError.draining("reading the certificate") }
        defer { X509_free(certificate) }
        guard let key = withBIO(keyPEM, { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) }) else {
            throw OpenSSLError.draining("reading the private key")
        }
        defer { EVP_PKEY_free(key) }
        guard X509_check_private_key(certificate, key) == 1 else {
            throw OpenSSLError(operation: "matching the key with the certificate")
        }
    }

    private static func withBIO<Result, Failure: Error>(
        _ bytes: [UInt8], _ body: (OpaquePointer?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bio = BIO_new(BIO_s_mem())
        defer { BIO_free(bio) }
        BIO_write(bio, bytes, Int32(clamping: bytes.count))
        return try body(bio)
    }
}
