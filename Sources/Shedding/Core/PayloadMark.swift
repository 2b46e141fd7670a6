/// What a signed payload is recognised by, in whatever envelope it comes.
public struct PayloadMark: Sendable, Hashable {
    public let source: String
    /// SHA-256 of the payload in hexadecimal, or for rows of earlier versions the event's id.
    public let digest: String

    public init(source: String, digest: String) {
        self.source = source
        self.digest = digest
    }
}
