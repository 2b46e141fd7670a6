import COpenSSL

/// The one hash function of this project.
public enum SHA256 {
    public static func digest(_ message: some Collection<UInt8>) -> [UInt8] {
        let bytes = Array(message)
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        EVP_Digest(bytes, bytes.count, &digest, &length, EVP_sha256(), nil)
        return digest
    }

    /// The digest in lower-case hexadecimal.
    public static func hex(_ message: some Collection<UInt8>) -> String {
        digest(message).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// Bytes from OpenSSL's cryptographic random generator.
public enum RandomBytes {
    /// - Throws: ``OpenSSLError`` where the generator has no entropy: a key or an id must then not be made.
    public static func draw(_ count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, Int32(count)) == 1 else { throw OpenSSLError.draining("drawing random bytes") }
        return bytes
    }
}
