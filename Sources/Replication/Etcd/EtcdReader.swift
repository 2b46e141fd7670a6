/// Reads long ranges page by page. Versions of 3.4 break where a page has more than 4 MiB (etcd-io/etcd#14997), and none
/// says beforehand how much a page has.
struct EtcdReader: Sendable {
    private static let aim = 2 << 20
    /// Of values as large as they come, this many stay below the bound.
    private static let fewest = 4
    private static let most = 500

    let etcd: EtcdClient

    /// - Parameter take: the pairs of a page, in the order of their keys
    /// - Returns: the revision at which all was read
    func read(
        _ range: EtcdRange, revision: Int64 = 0, within time: Duration, take: ([EtcdKeyValue]) async throws -> Void
    ) async throws -> Int64 {
        var (next, limit, revision) = (range, 64, revision)
        while true {
            let page: EtcdPage
            do {
                page = try await etcd.range(next, limit: limit, revision: revision, within: time)
            } catch let error as EtcdError where limit > Self.fewest && error.kind != .compacted && error.kind != .denied {
                limit = Self.fewest
                continue
            }
            if revision == 0 { revision = page.revision }
            try await take(page.pairs)
            guard page.hasMore, let last = page.pairs.last else { return revision }
            // A key that comes just after the last one.
            next = EtcdRange(from: last.key + "\0", to: range.end ?? last.key + "\0")
            let bytes = page.pairs.reduce(0) { $0 + $1.value.count + $1.key.utf8.count }
            let average = max(64, bytes / max(1, page.pairs.count))
            limit = min(Self.most, min(limit * 2, max(Self.fewest, Self.aim / average)))
        }
    }
}
