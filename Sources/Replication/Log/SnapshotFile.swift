import Foundation
import Journal
import OpenSSL

/// A journal's file on its way into etcd and out of it.
enum SnapshotFile {
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    /// The digest of a file whose parts have these.
    static func digest(ofParts digests: [[UInt8]]) -> String { SHA256.hex(digests.flatMap { $0 }) }

    /// Copies a journal, also while it is written. Waits for the disk.
    ///
    /// - Returns: the description, as of the copy
    static func make(of journal: String, at copy: String, id: String, largest: Int) throws -> LogSnapshot {
        JournalFiles.remove(copy)
        try JournalDatabase.copy(journal, to: copy)
        let reading = try JournalDatabase(reading: copy)
        let position = try reading.position
        try reading.close()
        guard let position else { throw Unusable(description: "\(journal) is in no log") }
        var digests: [[UInt8]] = []
        var bytes = 0
        try forEachPart(of: copy) { part in
            digests.append(SHA256.digest(part))
            bytes += part.count
        }
        guard bytes > 0, bytes <= largest else {
            throw Unusable(
                description:
                    "\(journal) has \(bytes >> 20) MiB, and a snapshot in etcd may have \(largest >> 20): the log is not shortened any more; keep less history, or give etcd a larger quota"
            )
        }
        return LogSnapshot(
            id: id, number: position.number, chain: position.chain, bytes: bytes, digest: digest(ofParts: digests),
            schema: JournalDatabase.schema)
    }

    static func forEachPart(of path: String, _ body: ([UInt8]) throws -> Void) throws {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        while let data = try file.read(upToCount: LogSnapshot.partLength), !data.isEmpty { try body([UInt8](data)) }
    }

    static func part(_ index: Int, of path: String) throws -> [UInt8] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(index * LogSnapshot.partLength))
        return [UInt8](try file.read(upToCount: LogSnapshot.partLength) ?? Data())
    }
}
