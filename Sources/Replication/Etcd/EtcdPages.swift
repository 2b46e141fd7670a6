/// A long range, page by page. Versions of 3.4 break where a page has more than 4 MiB (etcd-io/etcd#14997), and none says
/// beforehand how much a page has.
struct EtcdPages {
    private static let aim = 2 << 20
    /// Of values as large as they come, this many stay below the bound.
    private static let fewest = 4
    private static let most = 500

    private let etcd: EtcdClient
    private let time: Duration
    private var rest: EtcdRange?
    private var limit = 64
    /// At which all is read; 0 before the first page.
    private(set) var revision: Int64 = 0

    /// - Parameter time: for each page
    init(_ etcd: EtcdClient, _ range: EtcdRange, within time: Duration) {
        self.etcd = etcd
        self.time = time
        rest = range
    }

    /// - Returns: the pairs of a page in the order of their keys; nil after the last one
    mutating func next() async throws -> [EtcdKeyValue]? {
        guard let range = rest else { return nil }
        let page: EtcdPage
        do {
            page = try await etcd.range(range, limit: limit, revision: revision, within: time)
        } catch let error as EtcdError where limit > Self.fewest && error.kind != .compacted && error.kind != .denied {
            limit = Self.fewest
            return try await next()
        }
        if revision == 0 { revision = page.revision }
        rest = nil
        if page.hasMore, let last = page.pairs.last, let end = range.end {
            // A key that comes just after the last one.
            rest = EtcdRange(from: last.key + "\0", to: end)
        }
        let bytes = page.pairs.reduce(0) { $0 + $1.value.count + $1.key.utf8.count }
        let average = max(64, bytes / max(1, page.pairs.count))
        limit = min(Self.most, limit * 2, max(Self.fewest, Self.aim / average))
        return page.pairs
    }
}
