import PowerEvents
import Shedding
import Site
import Synchronization

/// Attempts that failed, gathered by their cause: a rack that is out of reach is one line of the log.
final class FailureNews: Sendable {
    struct Group: Sendable, Hashable {
        let action: String
        let message: String
        /// Sorted, each once.
        let resources: [String]
        /// As `host:port`, likewise.
        let bmcs: [String]
    }

    private struct Cause: Hashable {
        let action: String
        let message: String
    }

    private struct State {
        var waiting: [Cause: (resources: Set<String>, bmcs: Set<String>)] = [:]
        var pace = TellingPace(round: FailureNews.round)
    }

    /// What goes on failing of one cause is told so often.
    private static let round = Duration.seconds(10)

    private let state = Mutex(State())

    /// - Parameter action: `applied` or `reverted`
    func add(_ entry: ControlEntry, _ outcome: Outcome, action: String) {
        let cause = Cause(action: action, message: outcome.cause ?? outcome.message ?? "")
        state.withLock { state in
            state.waiting[cause, default: ([], [])].resources.insert(entry.key.resource)
            state.waiting[cause, default: ([], [])].bmcs.insert(entry.bmc.address.hostAndPort)
        }
    }

    /// What is to be told now: the largest group first.
    func take(now: Timestamp) -> [Group] {
        state.withLock { state in
            if !state.waiting.isEmpty { state.pace.add(now: now) }
            guard state.pace.take(now: now) else { return [] }
            defer { state.waiting = [:] }
            return state.waiting.map { cause, members in
                Group(
                    action: cause.action, message: cause.message, resources: members.resources.sorted(),
                    bmcs: members.bmcs.sorted())
            }.sorted { ($1.resources.count, $0.message) < ($0.resources.count, $1.message) }
        }
    }
}
