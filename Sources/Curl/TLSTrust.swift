/// What makes a server's certificate good enough.
public enum TLSTrust: Sendable, Hashable {
    /// The authorities of the operating system, and the host's name or address in the certificate.
    case systemAuthorities
    /// The authorities of a PEM file, and the host's name or address in the certificate.
    case authorities(file: String)
    /// One public key, as `sha256//BASE64` over its SubjectPublicKeyInfo, whatever else the certificate says.
    case pin(String)
    /// Nothing is verified. Only where an operator wrote it out.
    case unverified
}
