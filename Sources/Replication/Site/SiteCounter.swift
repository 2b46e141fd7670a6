import Foundation
import Logging
import Retrying
import Synchronization

/// How many nodes the shards of a site hold down: read from etcd, and this shard's part written there by its leader.
///
/// A number is put in a transaction that compares that nobody else has put one since all were read. So of two shards that
/// raise theirs at the same moment one is refused, reads what the other has put, and decides anew.
final class SiteCounter: Sendable {
    /// Of a site. With more nothing is known.
    private static let mostShards = 1000
    private struct State {
        var counts: SiteCounts?
        /// Of the store, when that was read.
        var revision: Int64 = 0
        var trouble: String?
        /// Whether a transaction may still be on its way that nobody has answered. Any that was answered keeps it from
        /// succeeding.
        var isInDoubt = false
        var news: AsyncStream<SiteCounts?>.Continuation?
    }

    private let etcd: EtcdClient
    private let keys: LogKeys
    private let shard: String
    private let patience: Duration
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter patience: a claim is given up after so long in which etcd did not answer although the lease lives
    init(
        _ etcd: EtcdClient, _ keys: LogKeys, shard: String, patience: Duration = .seconds(5), logger: Logger
    ) {
        self.etcd = etcd
        self.keys = keys
        self.shard = shard
        self.patience = patience
        self.logger = logger
    }

    /// As last read; nil where it cannot be read, or was not yet.
    var counts: SiteCounts? { state.withLock { $0.counts } }

    /// Why it cannot be read; nil where it can.
    var trouble: String? { state.withLock { $0.trouble } }

    /// What changes from now on, for one who listens: whoever did before hears no more.
    func listen() -> AsyncStream<SiteCounts?> {
        // Whoever is late only needs the latest.
        let (stream, news) = AsyncStream<SiteCounts?>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let former = state.withLock { state in
            defer { state.news = news }
            return state.news
        }
        former?.finish()
        return stream
    }

    // MARK: Reading

    /// - Throws: where etcd does not answer. What else is wrong is told, and then nothing is known.
    func look(within time: Duration) async throws {
        do { _ = try await read(within: time) } catch let error as EtcdError where error.isTransient {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            note(nil, trouble: "\(error)")
        }
    }

    private func read(within time: Duration) async throws -> (counts: SiteCounts, revision: Int64) {
        let page = try await etcd.range(keys.counts, limit: Self.mostShards, within: time)
        return try take(page, at: page.revision)
    }

    private func take(_ page: EtcdPage?, at revision: Int64) throws -> (counts: SiteCounts, revision: Int64) {
        var counts = SiteCounts()
        guard let page, !page.hasMore, page.pairs.count <= Self.mostShards else {
            throw ReplicationError("\(keys.counts.first): etcd has more than \(Self.mostShards) shards there")
        }
        for pair in page.pairs {
            let name = keys.shard(ofCount: pair.key)
            guard let count = ShardCount(pair.value, of: name) else {
                throw ReplicationError("\(pair.key): etcd holds no count of a shard's nodes that can be read")
            }
            if name == shard { counts.own = count } else { counts.others.append(count) }
        }
        note(counts, at: revision)
        return (counts, revision)
    }

    private func note(_ counts: SiteCounts?, at revision: Int64 = .max, trouble: String? = nil) {
        let (news, isTrouble) = state.withLock { state -> (AsyncStream<SiteCounts?>.Continuation?, Bool) in
            // Answers overtake each other.
            if counts != nil, revision < state.revision { return (nil, false) }
            defer {
                state.counts = counts
                if counts != nil { state.revision = revision }
                state.trouble = trouble
            }
            return (state.counts == counts ? nil : state.news, trouble != nil && trouble != state.trouble)
        }
        news?.yield(counts)
        if isTrouble, let trouble {
            logger.warning(
                "how many nodes other shards hold down is not known, and no more are suspended until it is",
                metadata: ["reason": "\(trouble)"])
        }
    }

    // MARK: Claiming

    /// Has the site count so many nodes of this shard as down.
    ///
    /// - Parameters:
    ///   - onRefusal: told where etcd says that the term is over
    ///   - decide: how many, with what the others have
    /// - Returns: what the site counts then; nil where etcd does not say, or the term is over
    func claim(
        nodes: Int, for office: Office, onRefusal: @Sendable (String) -> Void,
        _ decide: @Sendable (SiteCounts) -> Int
    ) async -> SiteCounts? {
        let began = BootClock.now()
        var known = state.withLock { state in state.counts.map { (counts: $0, revision: state.revision) } }
        var failures = 0
        while !office.isOver, !Task.isCancelled {
            do {
                let (counts, revision) = if let known { known } else { try await read(within: .seconds(2)) }
                let own = ShardCount(shard: shard, nodes: nodes, down: decide(counts))
                if counts.own == own, !state.withLock({ $0.isInDoubt }) { return counts }
                let answer = try await put(own, office, ifUnchangedSince: revision)
                if answer.hasSucceeded {
                    let counted = SiteCounts(own: own, others: counts.others)
                    note(counted, at: answer.revision)
                    return counted
                }
                guard answer.pages.last?.pairs.first?.createRevision == office.revision else {
                    onRefusal("etcd refused the count of nodes that are down: another agent leads, or none")
                    return nil
                }
                known = try take(answer.pages.first, at: answer.revision)
            } catch let error as EtcdError where error.isTransient {
                known = nil
                // Without a lease nothing could be done with an answer.
                if office.fence.isOpen, BootClock.now() - began > patience { return nil }
                try? await Task.sleep(for: Backoff.etcd.delay(after: failures, fraction: .random(in: 0...1)))
                failures += 1
            } catch {
                if !(error is CancellationError) { note(nil, trouble: "\(error)") }
                return nil
            }
        }
        return nil
    }

    private func put(
        _ own: ShardCount, _ office: Office, ifUnchangedSince revision: Int64
    ) async throws -> EtcdTransaction.Answer {
        let transaction = EtcdTransaction(
            compares: [.init(key: keys.leader, createRevision: office.revision)],
            unchanged: [.init(range: keys.counts, since: revision)],
            operations: [.put(keys.count, own.bytes)],
            otherwise: [.get(keys.counts), .get(EtcdRange(keys.leader))])
        state.withLock { $0.isInDoubt = true }
        let answer = try await etcd.transaction(transaction, within: .seconds(2))
        state.withLock { $0.isInDoubt = false }
        return answer
    }
}
