import Journal
import Logging
import PowerEvents

/// Under construction.
final class MemberCore: Sendable {
    let journal: JournalDatabase
    init(
        _ settings: ReplicationSettings, journal path: String, now: @escaping @Sendable () -> Timestamp,
        logger: Logger
    ) throws { journal = try JournalDatabase(path: path) }

    var status: ReplicationStatus { ReplicationStatus(role: .follower) }
    func lead() async throws -> LeaderTerm { throw ReplicationError("not built yet") }
    func end(_ term: LeaderTerm, yielding: Bool) async {}
    func shutDown() async {}
    func ask(leader call: ForwardedCall, within limit: Duration) async throws -> ForwardedAnswer {
        throw ReplicationError("not built yet")
    }
}
