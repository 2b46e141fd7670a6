import PowerEvents
import Shedding
import Site
import StrictJSON
import Testing

/// A book with simulated controls in memory and a clock that only tests move.
struct BreachWorld {
    var book: Breaches
    var now = Fixture.start
    var holds: [ControlKey: Reading] = [:]
    var reports: [Report] = []
    var order: [ControlKey] = []
    var faults: [ControlKey: BMCFault] = [:]
    /// Keys whose resources lead to the control of another one.
    var sharedWith: [ControlKey: ControlKey] = [:]
    private(set) var queue: [(ControlKey, Int)] = []
    var durable: (breaches: [UUIDText: Breach], controls: [ControlKey: ControlEntry]) = ([:], [:])

    init(_ change: (inout Policy) -> Void = { _ in }) {
        var policy = Policy()
        policy.step = .percent(100)
        change(&policy)
        book = Breaches(site: Fixture.site, policy: policy)
    }

    mutating func accept(_ alert: BreachAlert, source: String = Fixture.origin.source) {
        #expect(book.objection(to: alert, source: source, now: now) == nil)
        perform(book.accept(alert, origin: Fixture.origin, now: now))
    }

    mutating func perform(_ actions: [Action]) {
        save(book.takeChanges())
        for action in actions {
            switch action {
            case .converge(let key, let priority):
                queue.removeAll { $0.0 == key }
                queue.append((key, priority))
            case .report(let report): reports.append(report)
            case .alarm: break
            }
        }
    }

    mutating func save(_ changes: Changes) {
        for breach in changes.breaches { durable.breaches[breach.id] = breach }
        for state in changes.states {
            if let earlier = durable.breaches[state.id] {
                durable.breaches[state.id] = state.adding(plansOf: earlier)
                durable.breaches[state.id]?.releaseOutcomes = earlier.releaseOutcomes
            }
        }
        for change in changes.plans {
            let count = durable.breaches[change.breach]?.plans.count ?? 0
            if change.position < count {
                durable.breaches[change.breach]?.plans[change.position] = change.plan
            } else {
                durable.breaches[change.breach]?.plans.append(change.plan)
            }
        }
        for change in changes.letGo { durable.breaches[change.breach]?.released.insert(change.control) }
        for id in changes.removedBreaches { durable.breaches[id] = nil }
        for control in changes.controls { durable.controls[control.entry.key] = control.entry }
        for key in changes.removedControls { durable.controls[key] = nil }
        for release in changes.releases {
            durable.breaches[release.breach]?.releaseOutcomes[release.control] = release.outcome
        }
    }

    /// Works off everything that is queued, at once.
    mutating func work(atMost limit: Int = .max) {
        var done = 0
        while !queue.isEmpty, done < limit {
            let next = queue.indices.min { queue[$0].1 < queue[$1].1 } ?? 0
            let key = queue.remove(at: next).0
            let (assignment, actions) = book.begin(key, now: now)
            perform(actions)
            guard let assignment else { continue }
            order.append(key)
            done += 1
            var convergence = assignment.convergence
            var step = convergence.start()
            var time = now
            loop: while true {
                switch step {
                case .read: step = convergence.didRead(read(key), now: time)
                case .record:
                    if let refusal = book.permitRecord(convergence.entry, revision: assignment.revision) {
                        step = convergence.didNotRecord(refusal)
                        continue
                    }
                    book.willWrite(convergence.entry)
                    durable.controls[key] = convergence.entry
                    step = convergence.didRecord()
                case .write(let write):
                    if let refusal = book.permit(key, revision: assignment.revision) {
                        step = convergence.didNotWrite(refusal)
                        continue
                    }
                    apply(write, key)
                    step = convergence.didWrite(.success(()), now: time)
                case .wait(let duration):
                    time = time + duration
                    step = convergence.didWait(now: time)
                case .postpone(let time):
                    perform(
                        book.postpone(
                            key, entry: convergence.entry, until: time, revision: assignment.revision, now: now))
                    break loop
                case .finish(let outcome):
                    perform(
                        book.finish(
                            key, entry: convergence.entry, outcome: outcome, revision: assignment.revision, now: now
                        ))
                    break loop
                }
            }
        }
    }

    /// The next process, with nothing of this one but what is durable and what the controls hold.
    func restarted(site: Site = Fixture.site) -> BreachWorld {
        var after = BreachWorld()
        after.holds = holds
        after.sharedWith = sharedWith
        after.durable = durable
        after.book = Breaches(
            site: site, policy: book.policy, breaches: Array(durable.breaches.values),
            controls: Array(durable.controls.values))
        after.perform(after.book.resume(now: after.now))
        return after
    }

    mutating func pass(_ duration: Duration) {
        var left = duration
        while left > .zero {
            let step = min(left, .milliseconds(500))
            now = now + step
            left -= step
            perform(book.tick(now: now))
            work()
        }
    }

    func read(_ key: ControlKey) -> Result<Reading, BMCFault> {
        if let fault = faults[key] { return .failure(fault) }
        let held = sharedWith[key] ?? key
        var reading = holds[held] ?? (key.facet == .powerState ? Fixture.power(.on) : Fixture.limit(1000))
        if !sharedWith.isEmpty { reading.place = ControlPlace(path: "/\(held)", dialect: "control") }
        return .success(reading)
    }

    mutating func apply(_ write: Convergence.Write, _ key: ControlKey) {
        let key = sharedWith[key] ?? key
        switch write {
        case .limit(let watts): holds[key] = Fixture.limit(watts.wholeWatts)
        case .speed(let speed): holds[key] = Fixture.speed(speed.megahertz)
        case .mode(let mode): holds[key] = Fixture.mode(mode)
        case .restore(let fragment) where fragment["SettingMax"] != nil:
            holds[key] = Fixture.speed(fragment["SettingMax"]?.number?.int)
        case .restore(let fragment) where fragment["PowerMode"] != nil:
            holds[key] = fragment["PowerMode"]?.string.map(Fixture.mode)
        case .restore(let fragment): holds[key] = Fixture.limit(fragment["SetPoint"]?.number?.int)
        case .reset(let type): holds[key] = Fixture.power(type == .on ? .on : .off)
        }
    }

    func watts(_ resource: String) -> Int? {
        let key = ControlKey(resource: resource, facet: .powerLimit)
        guard case .success(let reading) = read(key) else { return nil }
        return reading.value.limit?.wholeWatts
    }

    func isDown(_ resource: String) -> Bool {
        holds[ControlKey(resource: resource, facet: .powerState)]?.value == .power(.off)
    }

    var lastReport: Enforcement? { reports.last?.enforcement }
}
