/// Everything that decides what a simulated machine comes to draw: its work, its power state and its limits.
struct PowerInputs: Sendable, Hashable {
    /// A part that can be throttled.
    struct Part: Sendable, Hashable {
        let idle: Double
        /// What it would draw without limits.
        let load: Double
        /// What its limits let it draw; never less than ``idle``.
        var ceiling: Double
    }

    /// A limit on several parts together.
    private struct Group {
        let members: [Int]
        /// Watts that count too and cannot be throttled.
        let beside: Double
        let watts: Double
    }

    /// Firmware regulates a little under a limit, so that what is drawn comes to lie under it and not on it.
    static let regulated = 0.98

    private(set) var parts: [Part]
    let rest: Double
    let lag: Double
    let wander: Double

    init(_ machine: SimulatedMachine) {
        let draw = machine.draw
        lag = max(0, draw.lag)
        wander = draw.wander
        let isOn = machine.powerState == "On"
        rest = isOn ? max(0, draw.rest) : draw.standby
        let ids = machine.gpus.keys.sorted()
        let work = machine.work
        let ranges = ids.isEmpty ? [draw.host] : Array(repeating: draw.gpu, count: ids.count)
        let caps = ids.isEmpty ? [nil] : ids.map { machine.gpus[$0]?.watts }
        parts = zip(ranges, caps).map { range, cap in
            let load = range.lowerBound + (range.upperBound - range.lowerBound) * work
            let ceiling = cap.map { max(range.lowerBound, $0 * Self.regulated) } ?? range.upperBound
            return isOn
                ? Part(idle: range.lowerBound, load: load, ceiling: min(ceiling, range.upperBound))
                : Part(idle: 0, load: 0, ceiling: range.upperBound)
        }
        guard isOn else { return }
        for group in Self.groups(of: machine, ids, rest: rest) { keep(group) }
    }

    /// What the machine would come to draw if nothing limited it.
    var unlimited: Double { parts.reduce(rest) { $0 + $1.load } }

    /// The narrowest first.
    private static func groups(of machine: SimulatedMachine, _ ids: [String], rest: Double) -> [Group] {
        let all = Array(ids.isEmpty ? 0..<1 : 0..<ids.count)
        var groups = machine.shared.compactMap { shared -> Group? in
            guard let watts = shared.knob.watts else { return nil }
            let members = shared.gpus.compactMap(ids.firstIndex)
            return Group(members: members, beside: rest * shared.share, watts: watts)
        }
        if machine.limit.style.isUsable, let watts = machine.limit.watts {
            let beside = machine.personality.limitIsOfGPUs && !ids.isEmpty ? 0 : rest
            groups.append(Group(members: all, beside: beside, watts: watts))
        }
        if let watts = machine.nodeManager?.limit {
            groups.append(Group(members: all, beside: rest, watts: Double(watts)))
        }
        return groups
    }

    /// Spreads what a limit leaves over its members: what each wants where that fits, else in proportion of what each
    /// wants above idle.
    private mutating func keep(_ group: Group) {
        let available = group.watts * Self.regulated - group.beside
        let wanted = group.members.map { min(parts[$0].load, parts[$0].ceiling) }
        let idle = group.members.reduce(0) { $0 + parts[$1].idle }
        let sum = wanted.reduce(0, +)
        let room = group.members.reduce(0) { $0 + parts[$1].ceiling } - sum
        for (index, want) in zip(group.members, wanted) {
            let part = parts[index]
            if sum > available {
                let share = sum > idle ? max(0, available - idle) / (sum - idle) : 0
                parts[index].ceiling = part.idle + (want - part.idle) * min(1, share)
            } else if room > 0 {
                parts[index].ceiling = want + (part.ceiling - want) * min(1, (available - sum) / room)
            }
        }
    }
}

extension PowerKnob {
    /// The limit in force.
    fileprivate var watts: Double? { limit.map(Double.init) }
}
