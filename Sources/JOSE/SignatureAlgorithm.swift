public import OpenSSL

/// The two signature algorithms of the contract. There is no third: `none` and `HS*` cannot even be spelled.
public enum SignatureAlgorithm: String, Sendable, Hashable, CaseIterable {
    /// ECDSA on P-256 with SHA-256 (RFC 7518, 3.4).
    case es256 = "ES256"
    /// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, 3.3), keys of at least 2048 bits.
    case rs256 = "RS256"

    /// The one algorithm that a key may be used with (RFC 8725, 3.1); nil where the key is too weak for any.
    public init?(for kind: KeyKind) {
        switch kind {
        case .p256: self = .es256
        case .rsa(let bits) where bits >= 2048: self = .rs256
        case .rsa: return nil
        }
    }
}
