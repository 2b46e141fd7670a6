import Foundation
import Journal
import OpenSSL

/// Snapshots in etcd: putting one there, and getting it.
struct SnapshotStore: Sendable {
    private static let patience = Duration.seconds(10)

    let etcd: EtcdClient
    let keys: LogKeys
    let bounds: LogBounds

    /// - Returns: nil where there is none
    func description(within time: Duration = patience) async throws -> LogSnapshot? {
        guard let pair = try await etcd.range(EtcdRange(keys.snapshot), within: time).pairs.first else { return nil }
        guard let snapshot = LogSnapshot(pair.value, largest: 4 << 30) else {
            throw ReplicationError("\(keys.snapshot): etcd holds no description of a snapshot that can be read")
        }
        return snapshot
    }

    // MARK: Putting

    /// Puts a journal's file into etcd, and then shortens the log that it covers.
    ///
    /// - Parameters:
    ///   - revision: of the leader key: with another leader nothing is put
    ///   - also: what is to be done at once with the new description
    func put(
        _ journal: String, leader revision: Int64, also compares: [EtcdTransaction.Compare] = [],
        _ operations: [EtcdTransaction.Operation] = []
    ) async throws -> LogSnapshot {
        let copy = journal + ".snapshot"
        let id = Hexadecimal.text(try RandomBytes.draw(8))
        let largest = bounds.largestSnapshot
        defer { JournalFiles.remove(copy) }
        let snapshot = try await Blocking.run { try SnapshotFile.make(of: journal, at: copy, id: id, largest: largest) }
        for part in 0..<snapshot.parts {
            let bytes = try await Blocking.run { try SnapshotFile.part(part, of: copy) }
            try await fenced(revision, [], [.put(keys.snapshotPart(id, part), bytes)])
        }
        try await fenced(revision, compares, [.put(keys.snapshot, snapshot.encoded)] + operations)
        try await shorten(snapshot, leader: revision)
        return snapshot
    }

    /// Removes the entries that a snapshot covers, less a tail, and what other snapshots have left.
    func shorten(_ snapshot: LogSnapshot, leader revision: Int64) async throws {
        let first = snapshot.number - Int64(bounds.tail) + 1
        if first > 1 { try await fenced(revision, [], [.delete(keys.entries(before: first))]) }
        for range in keys.otherSnapshotParts(than: snapshot.id) { try await fenced(revision, [], [.delete(range)]) }
    }

    func fenced(
        _ revision: Int64, _ compares: [EtcdTransaction.Compare], _ operations: [EtcdTransaction.Operation]
    ) async throws {
        let transaction = EtcdTransaction(
            compares: [.init(key: keys.leader, createRevision: revision)] + compares, operations: operations)
        guard try await etcd.transaction(transaction, within: Self.patience).hasSucceeded else {
            throw ReplicationError("etcd refused a snapshot: another agent leads, or none")
        }
    }

    // MARK: Getting

    /// Fetches a snapshot into a file, and opens it to see that it is what it says.
    func get(_ snapshot: LogSnapshot, of log: String, to path: String) async throws {
        JournalFiles.remove(path)
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
            throw ReplicationError("\(path): cannot be created for a snapshot of the log")
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        defer { try? file.close() }
        var digests: [[UInt8]] = []
        var bytes = 0
        var pages = EtcdPages(etcd, keys.snapshotParts(snapshot.id), within: Self.patience)
        while let pairs = try await pages.next() {
            for pair in pairs {
                bytes += pair.value.count
                guard pair.key == keys.snapshotPart(snapshot.id, digests.count), bytes <= snapshot.bytes else {
                    throw ReplicationError("\(pair.key): the parts of a snapshot in etcd do not fit together")
                }
                digests.append(SHA256.digest(pair.value))
                try file.write(contentsOf: pair.value)
            }
        }
        guard bytes == snapshot.bytes, SnapshotFile.digest(ofParts: digests) == snapshot.digest else {
            throw ReplicationError("the snapshot \(snapshot.id) in etcd is not whole; another one may be on its way")
        }
        try await Blocking.run {
            JournalFiles.sync(path)
            let journal = try JournalDatabase(path: path)
            let position = try journal.position
            try journal.close()
            try? FileManager.default.removeItem(atPath: path + ".lock")
            guard position?.log == log, position?.number == snapshot.number, position?.chain == snapshot.chain else {
                throw ReplicationError(
                    "the snapshot \(snapshot.id) in etcd is not of the place in the log that it says")
            }
        }
    }
}
