/// What keeps a member from following or leading: what, where, and what to do.
public struct ReplicationError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
