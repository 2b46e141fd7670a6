import PowerEvents
import Site

/// What meters show while something is held.
extension Breaches {
    /// Whether anything is held, so that it is metered.
    var isHolding: Bool { !holdIndex.isEmpty }

    /// The BMCs on which something is held for a breach that is not over, and which answer as far as is known.
    var heldBMCs: Set<BMC.Address> {
        Set(
            holdIndex.controls.compactMap { key in
                controls[key].flatMap { $0.outcome?.isUnreachable == true ? nil : $0.entry.bmc.address }
            })
    }

    /// Meters showed something. Thousands of them answer one after the other, and what follows is worked out for all at
    /// once, by the next tick.
    mutating func metered(_ sight: Sight, now: Timestamp) {
        sightings.take(sight, now: now)
        var worth: [String: Watts] = [:]
        for (resource, watts) in sight.watts where sightings.isWorthNoting(resource, now: now) {
            worth[resource] = watts
        }
        note(worth, now: now)
        // Nothing would come of it once all is over.
        if !isIdle { due.checkBudgets(now: now) }
    }

    /// Evidence of what was measured while breaches were held.
    private mutating func note(_ watts: [String: Watts], now: Timestamp) {
        for id in breaches.keys.sorted() where breaches[id]?.isClosed == false {
            for (resource, watts) in watts.sorted(by: { $0.key < $1.key }) where bears(id, on: resource) {
                changeLog.note(reading(of: resource, watts, for: id, now: now))
            }
        }
    }

    func reading(
        of resource: String, _ watts: Watts, for id: UUIDText, now: Timestamp, isBaseline: Bool = false
    ) -> PowerReading {
        let parent = site.resources[resource].flatMap { $0.type == .gpu ? $0.parent : nil }
        let isPart = parent.flatMap { sightings.reading(of: $0) } != nil
        return PowerReading(
            breach: id, resource: resource, watts: watts, at: now, isPart: isPart, isBaseline: isBaseline)
    }

    private func bears(_ id: UUIDText, on resource: String) -> Bool {
        guard let known = site.resources[resource] else { return false }
        return ([resource] + site.children(of: resource).map(\.id) + site.enclosing(known).map(\.id)).contains { name in
            ControlKey.Facet.allCases.contains { holdIndex[ControlKey(resource: name, facet: $0)][id] != nil }
        }
    }
}
