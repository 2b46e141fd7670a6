import Journal
import PowerEvents
import Site
import StrictJSON

@testable import Shedding

/// The BMCs, as the agent hears of them.
extension World {
    static func node(of resource: String) -> String { String(resource.prefix { $0 != "-" }) }

    /// Whose limits the agent has changed.
    var held: Set<String> {
        Set(durable.values.filter { $0.key.facet == .powerLimit && $0.intent != nil }.map(\.key.resource))
    }

    func latency() -> Duration {
        .milliseconds(
            random.chance(5) ? Int.random(in: 500...2500, using: &random) : Int.random(in: 5...150, using: &random))
    }

    func answerDelay<Success>(_ result: Result<Success, BMCFault>) -> Duration {
        if case .failure(let fault) = result, fault.kind == .unreachable || fault.kind == .unknownEffect {
            return .seconds(5)
        }
        return latency()
    }

    func read(_ entry: ControlEntry, then: @escaping (Duration, Result<Reading, BMCFault>) -> Void) {
        let node = Self.node(of: entry.key.resource)
        time.after(latency()) { [self, weak asker = agent] in
            machines[node]?.advance(to: time.now, held: held)
            let result =
                machines[node]?.read(entry.key, now: time.now) ?? .failure(BMCFault(.unsupported, "no machine"))
            let delay = answerDelay(result)
            if entry.key.facet == .powerLimit { unread.remove(entry.key.resource) }
            let truth = (machines[node]?.limits[entry.key.resource], machines[node]?.power)
            // The agent knows when the answer arrives, if it still lives.
            time.after(delay) { [self, weak asker] in
                guard case .success = result, let asker, asker.isAlive else { return }
                switch entry.key.facet {
                case .powerLimit: seen[entry.key.resource] = truth.0
                case .powerState: seenPower[node] = truth.1
                case .speedLimit, .powerMode: break
                }
            }
            then(delay, result)
        }
    }

    func write(
        _ write: Convergence.Write, _ entry: ControlEntry,
        then: @escaping (Duration, Result<Void, BMCFault>) -> Void
    ) {
        check(write, entry)
        let node = Self.node(of: entry.key.resource)
        time.after(latency()) { [self] in
            machines[node]?.advance(to: time.now, held: held)
            let result =
                machines[node]?.write(write, entry.key, now: time.now) ?? .failure(BMCFault(.unsupported, "no machine"))
            if entry.key.facet == .powerLimit { unread.insert(entry.key.resource) }
            written.insert(entry.key)
            then(answerDelay(result), result)
        }
    }

    /// Whether a write may go out at all.
    func check(_ write: Convergence.Write, _ entry: ControlEntry) {
        let key = entry.key
        guard let resource = HistorySite.site.resources[key.resource], !resource.isProtected else {
            return fail("a write to \(key), which is not to be touched")
        }
        if isFrozen { fail("a write to \(key) although frozen") }
        guard let known = durable[key], let prior = known.prior else {
            return fail("a write to \(key) without a durable prior")
        }
        switch write {
        case .speed, .mode: fail("a \(write) to \(key), which nobody asked for")
        case .limit(let watts):
            if known.intent != .limit(watts) { fail("\(watts) to \(key) without a durable intent") }
            guard let bound = model.bound(onLimitOf: key.resource, openOnly: false) else {
                return fail("\(watts) to \(key), which nobody asked for")
            }
            // Some hints inside a node that is suspended are left to that suspend, and the others still act.
            let mayBeCovered = model.wantsSuspended(Self.node(of: key.resource), openOnly: false)
            let open = model.bound(onLimitOf: key.resource, openOnly: true)
            if let open, watts.wholeWatts > open, !mayBeCovered { fail("\(watts) to \(key), \(open) W were asked for") }
            if watts.wholeWatts
                < min(
                    prior.value.limit?.wholeWatts ?? .max, bound,
                    max(HistorySite.minimum, HistorySite.floor(of: key.resource)))
            {
                fail("\(watts) to \(key), below its minimum or floor")
            }
        case .restore(let fragment):
            if fragment != prior.fragment { fail("\(fragment) to \(key), which is not its prior") }
            if model.bound(onLimitOf: key.resource, openOnly: true) != nil,
                !model.wantsSuspended(Self.node(of: key.resource), openOnly: true)
            {
                fail("\(key) restored while it is held")
            }
            if history.policy.onDrift == .keep, let found = seen[key.resource], found.author == .somebodyElse,
                !found.isTakenForOurs
            {
                let isOurs = ([known.intent, known.held] + (known.earlierIntents ?? [])).contains {
                    guard let ours = $0?.limit?.wholeWatts, let watts = found.watts else {
                        return $0 == .limit(found.watts.map { Watts($0) })
                    }
                    // What was never seen to take may have been rounded by its BMC.
                    return abs(ours - watts) <= (known.isUnconfirmed == true ? max(1, ours / 8) : 1)
                }
                if !isOurs, known.isPowerCycled != true {
                    fail("\(key) restored over somebody else's \(value(key.resource))")
                }
            }
        case .reset(.on):
            if model.wantsSuspended(key.resource, openOnly: true) { fail("\(key) powered on while it is held") }
            if known.intent != .power(.off) || prior.value != .power(.on) { fail("\(key) powered on, not being ours") }
        case .reset(let type):
            if type != .gracefulShutdown { fail("\(type) of \(key), which the policy does not allow") }
            if !model.wantsSuspended(key.resource, openOnly: false) {
                fail("\(type) of \(key), which nobody asked for")
            }
            let down = durable.values.filter { $0.key.facet == .powerState && $0.intent == .power(.off) }.count
            let limit = history.policy.maxSuspended.of(HistorySite.site.nodeCount)
            if down > limit { fail("\(down) nodes are suspended, \(limit) may be") }
        }
    }
}
