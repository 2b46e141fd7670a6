import Journal

/// The keys of one site's shard.
struct LogKeys: Sendable {
    private let root: String
    private let shard: String
    /// What the shards of the site count, each under its name.
    let counts: EtcdRange

    init(_ settings: ReplicationSettings) {
        let site = "\(settings.prefix)/\(settings.site)/"
        root = "\(site)\(settings.shard)/"
        shard = settings.shard
        // No shard has such a name.
        counts = EtcdRange(prefix: site + "@suspended/")
    }

    /// What this shard counts.
    var count: String { counts.first + shard }
    /// - Returns: the shard whose count it is
    func shard(ofCount key: String) -> String { String(key.dropFirst(counts.first.count)) }

    /// Who leads; lives with a lease.
    var leader: String { root + "leader" }
    /// The log's id and versions: there is a log where there is this key.
    var format: String { root + "format" }
    var snapshot: String { root + "snapshot" }

    func entry(_ number: Int64) -> String {
        let digits = String(number)
        return entries.first + String(repeating: "0", count: max(0, 20 - digits.utf8.count)) + digits
    }

    /// - Returns: nil where the key is no entry's
    func number(_ key: String) -> Int64? {
        guard key.hasPrefix(entries.first) else { return nil }
        let digits = key.utf8.dropFirst(entries.first.utf8.count)
        guard digits.count == 20, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        guard let number = Int64(String(decoding: Array(digits), as: UTF8.self)),
            JournalPosition.numbers.contains(number)
        else { return nil }
        return number
    }

    var entries: EtcdRange { EtcdRange(prefix: root + "log/") }
    func entries(from number: Int64) -> EtcdRange { EtcdRange(from: entry(number), to: root + "log0") }
    func entries(before number: Int64) -> EtcdRange { EtcdRange(from: root + "log/", to: entry(number)) }

    func snapshotPart(_ id: String, _ part: Int) -> String {
        let digits = String(part)
        return "\(root)snapshot-data/\(id)/\(String(repeating: "0", count: max(0, 6 - digits.utf8.count)))\(digits)"
    }

    func snapshotParts(_ id: String) -> EtcdRange { EtcdRange(prefix: "\(root)snapshot-data/\(id)/") }

    /// The parts of every snapshot but one.
    func otherSnapshotParts(than id: String) -> [EtcdRange] {
        let own = snapshotParts(id)
        return [
            EtcdRange(from: root + "snapshot-data/", to: own.first),
            EtcdRange(from: own.end ?? own.first, to: root + "snapshot-data0"),
        ]
    }

    func call(_ id: String) -> String { "\(root)calls/\(id)" }
    var calls: EtcdRange { EtcdRange(prefix: root + "calls/") }
    func isCall(_ key: String) -> Bool { key.hasPrefix(root + "calls/") }

    func answer(_ id: String, _ part: Int) -> String { "\(root)answers/\(id)/\(part)" }
    func answers(_ id: String) -> EtcdRange { EtcdRange(prefix: "\(root)answers/\(id)/") }

    /// All that members watch: calls, format, leader and log, which lie side by side, and nothing of snapshots' data.
    var watched: EtcdRange { EtcdRange(from: root + "calls/", to: root + "log0") }
}
