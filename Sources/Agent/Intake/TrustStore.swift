public import JOSE
public import Logging
public import PowerEvents
import Prometheus
import Synchronization

/// The keys of each trusted source. Files are read again when they change, and a key that is gone from them counts no more.
///
/// A file that vanishes, or that is no key set, keeps its last keys in force for as long as the process runs: whoever can
/// spoil a file must not bar a power agent. It is said loudly, and the next start fails on it. A set that is sound and
/// holds no usable key is meant: none is trusted then.
public final class TrustStore: Sendable {
    struct Source {
        var allowUnsigned = false
        var files: [KeyFile] = []
        /// Of all files together.
        var keys = JWKSet()
    }

    /// Sources that were read, to be put in force by ``adopt(_:)``.
    struct Prepared {
        fileprivate var sources: [EventSource: Source] = [:]
    }

    private struct State {
        var sources: [EventSource: Source]
        var arrival = 1
    }

    private let state: Mutex<State>
    private let logger: Logger
    private let metrics: AgentMetrics?
    /// Told of the files that are lost, by their paths, each time that any was read.
    private let onLost: @Sendable ([String]) -> Void

    /// - Throws: where a key file is gone or no key set: a start with missing keys would refuse every alert
    public init(
        _ sources: [AgentConfiguration.TrustedSource], logger: Logger, metrics: AgentMetrics? = nil,
        onLost: @escaping @Sendable ([String]) -> Void = { _ in }
    ) throws {
        self.logger = logger
        self.metrics = metrics
        self.onLost = onLost
        state = Mutex(State(sources: [:]))
        adopt(try prepare(sources))
    }

    /// Reads the files of the sources that are to be trusted from now on. Changes nothing.
    ///
    /// - Throws: where a key file is gone or no key set, or two files of a source have different keys under one `kid`
    func prepare(_ configured: [AgentConfiguration.TrustedSource]) throws -> Prepared {
        let known = state.withLock { state in
            Dictionary(
                state.sources.values.flatMap(\.files).map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        }
        var prepared = Prepared()
        for entry in configured {
            guard let name = EventSource(entry.source) else { continue }
            var source = prepared.sources[name] ?? Source()
            source.allowUnsigned = source.allowUnsigned || entry.allowUnsigned
            if let path = entry.jwks, !source.files.contains(where: { $0.path == path }) {
                var file = try KeyFile(path, arrival: 0)
                if var old = known[path] {
                    _ = old.refresh(arrival: 0, retrying: true)
                    if !old.isLost, !old.keys.isEmpty { file = old }
                }
                source.files.append(file)
            }
            let conflicts = source.merge()
            if let conflict = conflicts.first { throw KeyFiles.Unusable(description: conflict) }
            prepared.sources[name] = source
        }
        return prepared
    }

    func adopt(_ prepared: Prepared) {
        state.withLock { $0.sources = prepared.sources }
        for (name, source) in prepared.sources {
            for file in source.files { tell(file.keys.skipped, of: name, in: file) }
            if source.keys.isEmpty, !source.files.isEmpty {
                tellNoKey(["source": "\(name)"])
            }
            if source.allowUnsigned {
                logger.warning(
                    "UNSIGNED alerts of this source are accepted; this is for a laboratory only",
                    metadata: ["source": "\(name)"])
            }
        }
        countLost()
    }

    /// The sources that are trusted now.
    var sources: [EventSource] { state.withLock { Array($0.sources.keys) } }

    func trusts(_ source: EventSource) -> Bool { state.withLock { $0.sources[source] != nil } }

    /// The keys of a source, as they are in its files now; nil for a source that nobody trusts.
    public func keys(of source: EventSource) -> (keys: JWKSet, allowUnsigned: Bool)? {
        let (known, tidings) = state.withLock { state in
            var tidings: [Tidings] = []
            refresh(source, retrying: false, &state, &tidings)
            return (state.sources[source].map { ($0.keys, $0.allowUnsigned) }, tidings)
        }
        tell(tidings)
        return known.map { (keys: $0.0, allowUnsigned: $0.1) }
    }

    /// Reads all files, also those of sources that say nothing.
    func refresh() {
        let tidings = state.withLock { state in
            var tidings: [Tidings] = []
            for source in state.sources.keys { refresh(source, retrying: true, &state, &tidings) }
            return tidings
        }
        tell(tidings)
    }

    // MARK: Changes

    /// What reading a file brought.
    private struct Tidings {
        var source: EventSource
        var file: KeyFile
        var change: KeyFile.Change
        var conflicts: [String]
        /// Of the source, over all its files.
        var keys: JWKSet
    }

    private func refresh(
        _ name: EventSource, retrying: Bool, _ state: inout State, _ tidings: inout [Tidings]
    ) {
        guard var source = state.sources[name] else { return }
        var changes: [(index: Int, change: KeyFile.Change)] = []
        for index in source.files.indices {
            let change = source.files[index].refresh(arrival: state.arrival, retrying: retrying)
            if case .none = change { continue }
            changes.append((index, change))
        }
        guard !changes.isEmpty else { return }
        state.arrival += 1
        let conflicts = source.merge()
        state.sources[name] = source
        for (number, (index, change)) in changes.enumerated() {
            tidings.append(
                Tidings(
                    source: name, file: source.files[index], change: change, conflicts: number == 0 ? conflicts : [],
                    keys: source.keys))
        }
    }

    private func tell(_ tidings: [Tidings]) {
        guard !tidings.isEmpty else { return }
        for news in tidings {
            let metadata: Logger.Metadata = ["source": "\(news.source)", "file": "\(news.file.path)"]
            switch news.change {
            case .none: break
            case .lost(let reason):
                logger.error(
                    "the changed key file is unusable; the old keys stay in force until a restart, which will fail",
                    metadata: metadata.merging(["reason": "\(reason)"]) { $1 })
            case .read:
                logger.notice(
                    "read keys again",
                    metadata: metadata.merging(["keys": "\(news.file.keys.keyIDs.joined(separator: ", "))"]) { $1 })
                tell(news.file.keys.skipped, of: news.source, in: news.file)
            }
            for conflict in news.conflicts { logger.error("a new key is not used: \(conflict)", metadata: metadata) }
            if news.keys.isEmpty {
                tellNoKey(metadata)
            }
        }
        countLost()
    }

    private func tellNoKey(_ metadata: Logger.Metadata) {
        logger.critical("no key of this source is left: nothing that it signs is believed", metadata: metadata)
    }

    private func tell(_ skipped: [JWKError], of source: EventSource, in file: KeyFile) {
        for error in skipped {
            logger.warning(
                "a key is not used: \(error)", metadata: ["source": "\(source)", "file": "\(file.path)"])
        }
    }

    private func countLost() {
        let lost = state.withLock { state in
            state.sources.values.flatMap { $0.files.filter(\.isLost).map(\.path) }
        }
        metrics?.keyFilesLost.set(lost.count)
        onLost(Set(lost).sorted())
    }
}

extension TrustStore.Source {
    /// Brings the keys of all files together. Of two that share a `kid`, the one that was there first counts.
    ///
    /// - Returns: the others, and where both are
    mutating func merge() -> [String] {
        var conflicts: [String] = []
        var winners: [String: (key: JWK, arrival: Int, path: String)] = [:]
        for file in files {
            for id in file.keys.keyIDs {
                guard let key = file.keys[id] else { continue }
                let own = (key: key, arrival: file.arrivals[id] ?? 0, path: file.path)
                guard let other = winners[id] else {
                    winners[id] = own
                    continue
                }
                if own.arrival < other.arrival { winners[id] = own }
                if !own.key.isSame(as: other.key) {
                    conflicts.append("\(file.path): the key \"\(id)\" is another one in \(other.path)")
                }
            }
        }
        keys = JWKSet(unique: winners.values.map(\.key))
        return conflicts
    }
}
