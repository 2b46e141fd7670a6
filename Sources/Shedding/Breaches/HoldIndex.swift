import PowerEvents

/// Which breaches bear on which controls, and by which of their plans. Breaches that are over are left out.
struct HoldIndex: Sendable {
    private var entries: [ControlKey: [UUIDText: [Int]]] = [:]
    /// How many controls each breach bears on.
    private var counts: [UUIDText: Int] = [:]

    var isEmpty: Bool { entries.isEmpty }

    var controls: some Sequence<ControlKey> { entries.keys }

    /// The breaches that bear on a control, with the positions of their plans that do, in order.
    subscript(key: ControlKey) -> [UUIDText: [Int]] { entries[key] ?? [:] }

    func isHeld(_ key: ControlKey) -> Bool { entries[key] != nil }

    /// How many controls a breach bears on; 0 for one that is not in the index.
    func controlCount(of breach: UUIDText) -> Int { counts[breach] ?? 0 }

    /// Takes in all plans of a breach, which must not be in it.
    mutating func add(_ breach: Breach) {
        for (position, plan) in breach.plans.enumerated() {
            for key in plan.controls { add(position, of: breach.id, on: key) }
        }
    }

    /// Forgets all plans of a breach, as it was added.
    mutating func remove(_ breach: Breach) {
        for key in breach.controls {
            entries[key]?[breach.id] = nil
            if entries[key]?.isEmpty == true { entries[key] = nil }
        }
        counts[breach.id] = nil
    }

    /// One plan of a breach bears on other controls than before.
    mutating func move(_ position: Int, of breach: UUIDText, from old: [ControlKey], to new: [ControlKey]) {
        for key in Set(old) { remove(position, of: breach, on: key) }
        for key in new {
            add(position, of: breach, on: key)
            entries[key]?[breach]?.sort()
        }
    }

    private mutating func add(_ position: Int, of breach: UUIDText, on key: ControlKey) {
        let isFirst = mutate(key, breach) { positions in
            positions.append(position)
            return positions.count == 1
        }
        if isFirst { counts[breach, default: 0] += 1 }
    }

    private mutating func mutate(_ key: ControlKey, _ breach: UUIDText, _ change: (inout [Int]) -> Bool) -> Bool {
        change(&entries[key, default: [:]][breach, default: []])
    }

    private mutating func remove(_ position: Int, of breach: UUIDText, on key: ControlKey) {
        guard entries[key]?[breach] != nil else { return }
        entries[key]?[breach]?.removeAll { $0 == position }
        guard entries[key]?[breach]?.isEmpty == true else { return }
        entries[key]?[breach] = nil
        if entries[key]?.isEmpty == true { entries[key] = nil }
        counts[breach, default: 1] -= 1
        if counts[breach] == 0 { counts[breach] = nil }
    }
}
