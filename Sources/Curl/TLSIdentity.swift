/// A certificate of this side, and its key: PEM files, read at each connection.
public struct TLSIdentity: Sendable, Hashable {
    public var certificate: String
    public var key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
