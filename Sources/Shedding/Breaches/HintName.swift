import PowerEvents

/// What tells a hint apart from the others of its breach, and its parts from theirs.
struct HintName: Hashable, Sendable {
    let resource: String
    let type: ResourceType
    let action: ShedAction

    init(_ hint: ShedHint) {
        resource = hint.resourceID
        type = hint.resourceType
        action = hint.action
    }
}

extension Breach {
    /// One part of a hint, and where among the plans it is.
    typealias Part = (position: Int, plan: PlannedHint)

    /// The parts of each hint that is met through what is inside, those included that a later alert asks in other terms:
    /// they hold as well.
    var parts: [HintName: [Part]] {
        var parts: [HintName: [Part]] = [:]
        for (position, plan) in plans.enumerated() where plan.member != nil {
            parts[HintName(plan.hint), default: []].append((position, plan))
        }
        return parts
    }

    /// Hints as earlier alerts had asked for them, where a later one has asked in other terms.
    var superseded: [HintName: [PlannedHint]] {
        Dictionary(grouping: plans.lazy.filter { $0.isSuperseded && $0.member == nil }) { HintName($0.hint) }
    }
}
