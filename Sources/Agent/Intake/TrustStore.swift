import Foundation
public import JOSE
public import Logging
public import PowerEvents
import Synchronization

/// The keys of each trusted source. Files are read again when they change; a broken one leaves the old keys in force.
public final class TrustStore: Sendable {
    private struct Entry {
        let configured: AgentConfiguration.TrustedSource
        var keys = JWKSet()
        var stamp: Date?
    }

    private let entries: Mutex<[EventSource: Entry]>
    private let logger: Logger

    /// - Throws: where a key file cannot be used: a start with missing keys would refuse every alert
    public init(_ sources: [AgentConfiguration.TrustedSource], logger: Logger) throws {
        var entries: [EventSource: Entry] = [:]
        for configured in sources {
            guard let source = EventSource(configured.source) else { continue }
            var entry = Entry(configured: configured)
            if let path = configured.jwks {
                entry.stamp = Self.stamp(path)
                entry.keys = try KeyFiles.keySet(path)
            }
            if configured.allowUnsigned {
                logger.warning(
                    "UNSIGNED alerts of this source will be obeyed; this is for a laboratory only",
                    metadata: ["source": "\(source)"])
            }
            entries[source] = entry
        }
        self.entries = Mutex(entries)
        self.logger = logger
    }

    /// The keys of a source, as they are in its file now; nil for a source that nobody trusts.
    public func keys(of source: EventSource) -> (keys: JWKSet, allowUnsigned: Bool)? {
        entries.withLock { entries in
            guard var entry = entries[source] else { return nil }
            if let path = entry.configured.jwks, let stamp = Self.stamp(path), stamp != entry.stamp {
                entry.stamp = stamp
                do {
                    entry.keys = try KeyFiles.keySet(path)
                    logger.notice(
                        "read keys again",
                        metadata: ["source": "\(source)", "keys": "\(entry.keys.keyIDs.joined(separator: ", "))"])
                } catch {
                    logger.error(
                        "the changed key file is unusable; the old keys stay", metadata: ["reason": "\(error)"])
                }
                entries[source] = entry
            }
            return (entry.keys, entry.configured.allowUnsigned)
        }
    }

    private static func stamp(_ path: String) -> Date? {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.modificationDate] as? Date
    }
}
