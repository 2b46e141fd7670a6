import PowerEvents

/// What an alert asks for and is not done, for the history and the evidence of its breach.
extension Breaches {
    /// Skips of one alert that have a line each; of more, their number is told by reason. Who goes through tens of
    /// thousands of them has the reports, which name every one.
    static let mostSkipLines = 1000
    /// In bytes, of strangers' names and of what is said of many parts.
    private static let longestText = 300

    private struct Skip: Hashable {
        let resource: String
        let action: ShedAction
        let reason: SkipReason.Name
    }

    /// Alerts are sent again and again: what was skipped for the same reason before is not told once more.
    ///
    /// - Parameter known: the plans of the breach before the alert
    mutating func logSkips(of id: UUIDText, since known: [PlannedHint]) {
        var told: Set<Skip> = []
        for plan in known { for (skip, _) in Self.skips(of: plan) { told.insert(skip) } }
        var count = 0
        var rest: [SkipReason.Name: Int] = [:]
        for plan in breaches[id]?.plans ?? [] {
            for (skip, reason) in Self.skips(of: plan) where told.insert(skip).inserted {
                count += 1
                guard count <= Self.mostSkipLines else {
                    rest[skip.reason, default: 0] += 1
                    continue
                }
                changeLog.log(
                    HistoryEntry(
                        .plan, "skipped", breach: id, value: StrangersText.cut(skip.resource, to: Self.longestText),
                        message: StrangersText.cut("\(skip.action.rawValue): \(reason)", to: Self.longestText)))
            }
        }
        for (name, number) in rest.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            changeLog.log(HistoryEntry(.plan, "skipped", breach: id, message: "\(number) more: \(name.rawValue)"))
        }
    }

    private static func skips(of plan: PlannedHint) -> [(Skip, SkipReason)] {
        var skips: [(Skip, SkipReason)] = []
        func add(_ resource: String, _ reason: SkipReason) {
            skips.append((Skip(resource: resource, action: plan.hint.action, reason: reason.name), reason))
        }
        if case .skipped(let reason) = plan.verdict, !plan.isSuperseded { add(plan.resource, reason) }
        for reason in plan.exceptions { add(reason.resource ?? plan.resource, reason) }
        return skips
    }
}
