/// A baseboard management controller: where it listens, who we are to it, and what makes its certificate good enough.
public struct BMC: Sendable, Hashable {
    public enum Trust: Sendable, Hashable {
        case systemAuthorities
        /// The path of a PEM file.
        case authorities(file: String)
        /// `sha256//BASE64` of the public key.
        case pin(String)
        /// Made explicit by the operator as `verify: false`.
        case unverified
    }

    public let address: Address
    /// The name of an entry under `credentials`.
    public let credentials: String
    public let trust: Trust

    public init(address: Address, credentials: String, trust: Trust) {
        self.address = address
        self.credentials = credentials
        self.trust = trust
    }
}
