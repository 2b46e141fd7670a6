import PowerEvents
import Site

/// A control is what a BMC holds once: resources that lead to one control share it, with one prior and one intent.
extension Breaches {
    /// The key under which a key's control is held.
    func shared(_ key: ControlKey) -> ControlKey { sharing.primaries[key] ?? key }

    func holderOfPlace(of entry: ControlEntry) -> ControlKey? {
        sharing.holder(of: entry).flatMap { controls[$0] == nil ? nil : $0 }
    }

    mutating func claimPlace(of entry: ControlEntry) { sharing.claim(entry) }

    mutating func forgetPlace(of key: ControlKey) { sharing.forget(key) }

    /// Plans with each key in the place of those that it stands for.
    func followingShared(_ plans: [PlannedHint]) -> [PlannedHint] {
        sharing.primaries.isEmpty ? plans : plans.map { $0.replacing(sharing.primaries) }
    }

    /// Two keys turn out to lead to one control: all holds on either are on one of them from now on.
    ///
    /// The one whose prior was taken first stays: what the other found there may have been ours.
    mutating func share(_ key: ControlKey, with other: ControlKey, now: Timestamp) -> [Action] {
        guard let one = controls[key], let two = controls[other] else { return [] }
        let primary = Self.isEarlier(one.entry, two.entry) ? key : other
        let secondary = primary == key ? other : key
        if controls[secondary]?.isRunning == true {
            // Its own run ends first.
            readAgain(key, at: now + .seconds(1))
            return []
        }
        let place = one.entry.place
        merge(secondary, into: primary)
        if var entry = controls[primary]?.entry {
            entry.place = entry.place ?? place
            // A demand more, by the bounds of all that share it.
            entry.floor = nil
            controls[primary]?.entry = entry
            claimPlace(of: entry)
        }
        var actions = pursueAnew(primary).map { [$0] } ?? []
        for id in holdIndex[primary].keys.sorted() { actions += handOut(id, now: now) }
        return actions
    }

    private static func isEarlier(_ one: ControlEntry, _ two: ControlEntry) -> Bool {
        guard one.isOwed, let first = one.prior?.takenAt else { return false }
        guard two.isOwed, let second = two.prior?.takenAt else { return true }
        return (one.rank, first) < (two.rank, second)
    }

    private mutating func merge(_ secondary: ControlKey, into primary: ControlKey) {
        guard let entry = controls[secondary]?.entry else { return }
        controls[primary]?.entry.absorb(entry)
        sharing.stand(primary, for: secondary)
        sightings.share(secondary, with: primary)
        for (id, positions) in holdIndex[secondary] {
            for position in positions {
                guard let plan = breaches[id]?.plans[position] else { continue }
                replacePlan(at: position, of: id, with: plan.replacing(sharing.primaries))
            }
            breaches[id]?.released.remove(secondary)
            breaches[id]?.releaseOutcomes[secondary] = nil
            if unsettled[id]?.remove(secondary) != nil { unsettled[id]?.insert(primary) }
            waves[id]?.settle(secondary)
        }
        changeLog.touch(primary)
        // Not by remove(_:), which would end what stands behind it.
        dropEntry(of: secondary)
    }

    /// After a restart: what stood for others still does, and entries of earlier versions that are one become one.
    mutating func takeUpShared(_ entries: [ControlEntry]) {
        for entry in entries.sorted(by: { $0.key < $1.key }) {
            for key in entry.sharedBy ?? [] {
                sharing.stand(entry.key, for: key)
                sightings.share(key, with: entry.key)
            }
        }
        if !sharing.primaries.isEmpty {
            rewritePlans()
        }
        for entry in entries.sorted(by: Self.isTakenEarlier) {
            guard var known = controls[entry.key]?.entry else { continue }
            known.place = known.place ?? ControlPlace(locator: known.locator)
            controls[entry.key]?.entry = known
            guard let holder = sharing.holder(of: known) else {
                sharing.claim(known)
                continue
            }
            controls[holder]?.entry.absorb(known)
            sharing.stand(holder, for: known.key)
            rewritePlans()
            changeLog.touch(holder)
            dropEntry(of: known.key)
        }
    }

    private mutating func rewritePlans() {
        for (id, breach) in breaches where !breach.isClosed {
            for (position, plan) in breach.plans.enumerated() {
                let shared = plan.replacing(sharing.primaries)
                // The journal has it as it was, and so will the next start.
                if shared != plan { breaches[id]?.replacePlan(at: position, with: shared) }
            }
        }
    }

    private static func isTakenEarlier(_ one: ControlEntry, _ two: ControlEntry) -> Bool {
        let never = Timestamp(milliseconds: .max)
        let (first, second) = (one.prior?.takenAt ?? never, two.prior?.takenAt ?? never)
        return (one.rank, first, one.key) < (two.rank, second, two.key)
    }
}

extension ControlEntry {
    /// Of two entries of one control: what was written may be what the other took for its prior, whatever the clock said.
    fileprivate var rank: Int { intent != nil ? 0 : isOwed ? 1 : 2 }

    /// Another entry of the same control: whatever was written because of it is ours, and its prior may be.
    mutating func absorb(_ other: ControlEntry) {
        var keys = sharedBy ?? []
        for key in [other.key] + (other.sharedBy ?? []) where key != self.key && !keys.contains(key) {
            keys.append(key)
        }
        sharedBy = keys
        guard other.isOwed else { return }
        var earlier = earlierIntents ?? []
        for value in [other.intent, other.held, other.made].compactMap({ $0 }) + (other.earlierIntents ?? [])
        where value != intent && !earlier.contains(value) {
            earlier.append(value)
        }
        earlierIntents = earlier.isEmpty ? nil : earlier
        if other.isUnconfirmed == true { isUnconfirmed = true }
        if other.isPowerCycled == true { isPowerCycled = true }
    }
}

extension PlannedHint {
    /// With some keys in the place of others, each named once.
    func replacing(_ primaries: [ControlKey: ControlKey]) -> PlannedHint {
        func replaced(_ keys: [ControlKey]) -> [ControlKey] {
            var seen: Set<ControlKey> = []
            return keys.map { primaries[$0] ?? $0 }.filter { seen.insert($0).inserted }
        }
        var plan = self
        switch verdict {
        case .skipped, .spread: break
        case .demand(let demand, let keys): plan.verdict = .demand(demand, of: replaced(keys))
        case .covered(let cover, let demand, let keys):
            plan.verdict = .covered(by: primaries[cover] ?? cover, demand, of: replaced(keys))
        }
        if let fallback { plan.fallback = Fallback(fallback.demand, of: replaced(fallback.controls)) }
        return plan
    }
}
