/// How much is in etcd of a log.
public struct LogBounds: Sendable, Hashable {
    /// A snapshot is made after so many entries …
    public var entriesPerSnapshot = 20_000
    /// … or so many bytes of them.
    public var bytesPerSnapshot = 64 << 20
    /// Entries before a snapshot that stay, so that a member which was away for a moment need not load it.
    public var tail = 1_000
    /// A larger one is not made: etcd has a quota of 2 GiB where nobody says otherwise, and holds the former snapshot, the
    /// new one, and what is not compacted yet.
    public var largestSnapshot = 512 << 20

    public init() {}
}
