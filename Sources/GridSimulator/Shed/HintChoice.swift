public import PowerEvents

/// Whom to ask for what, so that a feed comes under its target.
public struct HintChoice: Sendable {
    /// All that is asked for, by priority.
    public let hints: [ShedHint]
    /// How many watts of the excess nobody is left to be asked for.
    public let uncovered: Double

    /// Asks by priority until the excess is covered. Within a priority caps are spread, so that each gives the same part of
    /// what it can give; throttles and suspends are asked for one by one.
    ///
    /// - Parameters:
    ///   - goal: the watts that the feed is to come to
    ///   - expected: what the feed draws, or is about to draw
    ///   - asked: by resource, what was asked for already; only ever tightened
    ///   - failed: resources that cannot give, by what was answered
    public init(
        feed: String, goal: Double, expected: Double, reading: MeterReading, topology: ShedTopology,
        asked: [String: ShedHint] = [:], failed: Set<String> = []
    ) {
        var hints = asked
        let measured = reading.feeds[feed] ?? expected
        // What is about to come is taken to come everywhere in proportion.
        let growth = measured > 0 ? max(1, expected / measured) : 1
        var left = max(expected, measured) - goal
        let resources = topology.fed(by: feed)
        for priority in Set(resources.map(\.priority)).sorted() {
            guard left > 0 else { break }
            var caps: [(resource: Sheddable, draw: Double, room: Double)] = []
            for resource in resources where resource.priority == priority && !failed.contains(resource.id) {
                guard let now = reading.watts(of: resource.id) else { continue }
                // What is capped already grows no more; and what does not keep to its cap by now will not give that again.
                let cap = asked[resource.id].map {
                    $0.targetPower.map { Double($0.watts.microwatts) / 1_000_000 } ?? now
                }
                let draw = cap.map { min(now, $0) } ?? now * growth
                let room = (draw - resource.floor(of: draw)) / Double(max(1, resource.feeds.count))
                guard room > 0.5 else { continue }
                guard resource.action == .powerCap else {
                    guard left > 0, asked[resource.id] == nil else { continue }
                    hints[resource.id] = Self.hint(resource)
                    left -= room
                    continue
                }
                caps.append((resource, draw, room))
            }
            let room = caps.reduce(0) { $0 + $1.room }
            guard left > 0, room > 0 else { continue }
            let part = min(1, left / room)
            for (resource, draw, _) in caps {
                let watts = draw - (draw - resource.floor(of: draw)) * part
                let cap = PowerQuantity(watts: Watts(Int(watts.rounded(.down))), unit: .watt)
                if let old = hints[resource.id]?.targetPower, old.watts <= cap.watts { continue }
                hints[resource.id] = Self.hint(resource, cap)
            }
            left -= room * part
        }
        let order = Dictionary(
            resources.enumerated().map { ($0.element.id, $0.offset) }, uniquingKeysWith: { first, _ in first })
        self.hints = hints.values.sorted {
            ($0.priority, order[$0.resourceID] ?? .max, $0.resourceID)
                < ($1.priority, order[$1.resourceID] ?? .max, $1.resourceID)
        }
        uncovered = max(0, left)
    }

    private static func hint(_ resource: Sheddable, _ power: PowerQuantity? = nil) -> ShedHint {
        ShedHint(
            resourceID: resource.id, resourceType: resource.type, action: resource.action, priority: resource.priority,
            targetPower: power)
    }
}
