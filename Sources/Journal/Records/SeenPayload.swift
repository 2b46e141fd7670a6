/// What a signed payload is recognised by, in whatever envelope it comes.
public struct SeenPayload: Sendable, Hashable {
    public let source: String
    public let digest: String

    public init(source: String, digest: String) {
        self.source = source
        self.digest = digest
    }
}
