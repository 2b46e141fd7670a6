/// What the leader of a shard hears of the other shards of its site, and has counted there.
public struct SiteClaims: Sendable {
    /// What changes; ends with the term, or a little later.
    public let news: AsyncStream<SiteCounts?>
    private let counter: SiteCounter
    private let office: Office
    private let onRefusal: @Sendable (String) -> Void

    init(_ counter: SiteCounter, _ office: Office, onRefusal: @escaping @Sendable (String) -> Void) {
        self.counter = counter
        self.office = office
        self.onRefusal = onRefusal
        news = counter.listen()
    }

    /// As last read; nil where that is not known.
    public var latest: SiteCounts? { counter.counts }

    /// Has the site count so many nodes of this shard as down, at once with reading what the others have. One at a time.
    ///
    /// - Parameters:
    ///   - nodes: all that this shard has
    ///   - decide: how many, with what the others have; asked again where one of them was quicker
    /// - Returns: what the site counts then; nil where etcd refuses or does not answer, or the term is over. It may count
    ///   all the same; the next claim finds out.
    public func claim(nodes: Int, _ decide: @Sendable (SiteCounts) -> Int) async -> SiteCounts? {
        await counter.claim(nodes: nodes, for: office, onRefusal: onRefusal, decide)
    }
}
