import Journal
import PowerEvents
import Synchronization

/// What everybody may read of a member at any time.
final class MemberBoard: Sendable {
    /// Whose trouble it is; the first one in this order is shown.
    enum Part: Int, CaseIterable, Sendable {
        case log, append, lease, snapshot, looking
    }

    private struct State {
        var journal: JournalDatabase
        var role = ReplicationStatus.Role.follower
        var leader: LogTerm?
        var applied: Int64 = 0
        var known: Int64 = 0
        var inSync: BootInstant?
        var troubles: [Part: String] = [:]
    }

    private let state: Mutex<State>

    init(_ journal: JournalDatabase) { state = Mutex(State(journal: journal)) }

    var journal: JournalDatabase {
        get { state.withLock { $0.journal } }
        set { state.withLock { $0.journal = newValue } }
    }

    var leader: LogTerm? {
        get { state.withLock { $0.leader } }
        set { state.withLock { $0.leader = newValue } }
    }

    var role: ReplicationStatus.Role {
        get { state.withLock { $0.role } }
        set { state.withLock { $0.role = newValue } }
    }

    /// The file has everything up to an entry.
    func applied(_ number: Int64) {
        state.withLock { state in
            state.applied = number
            state.known = max(state.known, number)
            if number >= state.known { state.inSync = BootClock.now() }
        }
    }

    /// Another log, or another place in it.
    func restart(at number: Int64) {
        state.withLock { ($0.applied, $0.known, $0.inSync) = (number, number, nil) }
    }

    /// - Returns: whether the file has it
    @discardableResult
    func knows(_ number: Int64) -> Bool {
        state.withLock { state in
            state.known = max(state.known, number)
            if state.applied >= state.known { state.inSync = BootClock.now() }
            return state.applied >= number
        }
    }

    /// - Returns: whether that is news
    @discardableResult
    func trouble(_ part: Part, _ words: String?) -> Bool {
        state.withLock { state in
            defer { state.troubles[part] = words }
            return state.troubles[part] != words
        }
    }

    func status(_ endpoints: [ReplicationStatus.Endpoint]) -> ReplicationStatus {
        state.withLock { state in
            ReplicationStatus(
                role: state.role, leader: state.leader?.member, since: state.leader?.since, applied: state.applied,
                known: state.known,
                lag: state.role == .follower ? state.inSync.map { max(.zero, BootClock.now() - $0) } : .zero,
                endpoints: endpoints,
                trouble: Part.allCases.compactMap { state.troubles[$0] }.first)
        }
    }
}
