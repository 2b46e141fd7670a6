/// The kinds of key that this project signs and verifies with.
public enum KeyKind: Sendable, Hashable {
    /// ECDSA on the curve P-256 (`secp256r1`).
    case p256
    case rsa(bits: Int)
}
