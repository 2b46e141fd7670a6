public import Journal
public import Logging
public import PowerEvents

/// One of the agents that share a journal over etcd: follows the log, campaigns, and leads where it is elected.
///
/// Owns the journal's file: a member that diverged from the log, or was away for too long, replaces it.
public final class StandbyMember: Sendable {
    private let core: MemberCore

    /// Opens the journal.
    ///
    /// - Parameters:
    ///   - path: the journal's file
    ///   - now: the wall clock, for what people read
    /// - Throws: `JournalError`, ``ReplicationError`` for settings that cannot work
    public init(
        _ settings: ReplicationSettings, journal path: String, now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) throws {
        core = try MemberCore(settings, journal: path, now: now, logger: logger)
    }

    /// The journal as it is now. It is another one after each term and wherever the file was replaced; the one before is
    /// closed then. Nobody but a term's owner may write to it.
    public var journal: JournalDatabase { core.journal }

    public var status: ReplicationStatus { core.status }

    /// Follows the log and campaigns, until elected and caught up.
    ///
    /// - Throws: `CancellationError` where the task was cancelled; there is nothing to be ended then
    public func lead() async throws -> LeaderTerm { try await core.lead() }

    /// Ends a term: says so in the log, revokes the lease, opens the journal anew. Returns within a few seconds, also
    /// where etcd is away; the lease then ends by itself. To be called for each term, once nothing writes to its journal.
    ///
    /// - Parameter yielding: whether somebody else is to lead; this member then waits until another has led, or for
    ///   three times the lease
    public func end(_ term: LeaderTerm, yielding: Bool) async { await core.end(term, yielding: yielding) }

    /// Lets a call that waits for etcd fail, because the process is about to end.
    public func shutDown() async { await core.shutDown() }

    /// Asks the leader, over etcd.
    ///
    /// - Throws: ``ReplicationError`` where there is none, it does not answer in time, or etcd is away
    public func ask(leader call: ForwardedCall, within limit: Duration = .seconds(15)) async throws -> ForwardedAnswer {
        try await core.ask(leader: call, within: limit)
    }
}
