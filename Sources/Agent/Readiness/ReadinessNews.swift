import PowerEvents
import Shedding

/// Which resources have come to be enforceable, and which no longer are: gathered by the reason, since thousands change
/// together.
struct ReadinessNews: Sendable {
    private var pace: TellingPace
    /// Of each resource the reason why not; nil where it is enforceable.
    private var waiting: [String: String?] = [:]

    init(round: Duration?) { pace = TellingPace(round: round ?? .zero) }

    /// - Parameter objection: nil where it is enforceable now
    mutating func add(_ resource: String, _ objection: String?, now: Timestamp) {
        waiting.updateValue(objection, forKey: resource)
        pace.add(now: now)
    }

    /// What is to be told now: those that are enforceable first, then the largest group.
    mutating func take(now: Timestamp) -> [(objection: String?, resources: [String])] {
        guard pace.take(now: now) else { return [] }
        defer { waiting = [:] }
        return Dictionary(grouping: waiting.keys) { waiting[$0] ?? nil }
            .sorted {
                ($0.key == nil ? 0 : 1, -$0.value.count, $0.key ?? "") < (
                    $1.key == nil ? 0 : 1, -$1.value.count, $1.key ?? ""
                )
            }
            .map { ($0.key, $0.value.sorted()) }
    }
}
