import PowerEvents
import Shedding
import Testing

/// What has to be written down of a breach is as small as what has changed, and a restart finds the same all the same.
struct SmallChangesTests {
    private func slow(_ nodes: ClosedRange<Int>) -> [ShedHint] {
        nodes.map { Fixture.hint("n\($0)-gpu0", .throttle, priority: $0) }
    }

    private func policy() -> Policy {
        var policy = Policy()
        policy.throttleGPUSpeed = .percent(50)
        policy.holdDown = .zero
        policy.step = .percent(25)
        return policy
    }

    private func open(_ hints: [ShedHint]) -> Breaches {
        var book = Breaches(site: Fixture.site, policy: policy())
        _ = book.accept(Fixture.alert(1, .active, hints), origin: Fixture.origin, now: Fixture.start)
        let changes = book.takeChanges()
        #expect(changes.breaches.map(\.plans.count) == [hints.count])
        return book
    }

    private func finish(_ key: ControlKey, _ outcome: Outcome, in book: inout Breaches) throws {
        let (assignment, _) = book.begin(key, now: Fixture.start)
        let run = try #require(assignment)
        _ = book.finish(
            key, entry: run.convergence.entry, outcome: outcome, revision: run.revision, now: Fixture.start)
    }

    /// 4,000 GPUs whose BMCs offer no speed limit were 4,000 times the whole breach.
    @Test func aFallBackIsOnePlan() throws {
        var book = open(slow(1...8))
        let key = ControlKey(resource: "n3-gpu0", facet: .speedLimit)
        let outcome = Outcome.failed(.bmc(.unsupported, "no speed limit", retries: 0))
        try finish(key, outcome, in: &book)
        let changes = book.takeChanges()
        #expect(changes.breaches.isEmpty)
        #expect(changes.plans.map(\.position) == [2])
        #expect(changes.plans.first?.plan.controls == [ControlKey(resource: "n3-gpu0", facet: .powerLimit)])
        #expect(book.demands(on: key).isEmpty)
        #expect(!book.demands(on: ControlKey(resource: "n3-gpu0", facet: .powerLimit)).isEmpty)
    }

    @Test func anUncoveredHintIsOnePlan() throws {
        var book = open([
            Fixture.hint("n1", .suspend, priority: 1), Fixture.hint("n1-gpu0", priority: 2, watts: 300),
            Fixture.hint("n2", priority: 3, watts: 700),
        ])
        let key = ControlKey(resource: "n1", facet: .powerState)
        try finish(key, .failed(.bmc(.refused, "refused", retries: 0)), in: &book)
        let changes = book.takeChanges()
        #expect(changes.breaches.isEmpty)
        #expect(changes.plans.map(\.position) == [1])
    }

    @Test func aReportIsNoPlan() throws {
        var book = open(slow(1...8))
        _ = book.tick(now: Fixture.start + .seconds(11))
        let changes = book.takeChanges()
        #expect(changes.breaches.isEmpty)
        #expect(changes.states.map(\.reportedAt) == [Fixture.start + .seconds(11)])
        #expect(changes.states.first?.plans.isEmpty == true)
    }

    @Test func aRepeatedAlertIsNoPlan() {
        var book = open(slow(1...8))
        _ = book.accept(
            Fixture.alert(1, .escalated, slow(1...8)), origin: Fixture.origin, now: Fixture.start + .seconds(5))
        let changes = book.takeChanges()
        #expect(changes.breaches.isEmpty)
        #expect(changes.states.count == 1)
        _ = book.accept(
            Fixture.alert(1, .escalated, [Fixture.hint("n1", watts: 600)]), origin: Fixture.origin,
            now: Fixture.start + .seconds(6))
        let grown = book.takeChanges()
        #expect(grown.breaches.map(\.plans.count) == [9])
    }

    @Test func aStepOfAReleaseIsWhatItLetsGo() throws {
        var world = BreachWorld {
            $0.holdDown = .zero
            $0.step = .percent(25)
        }
        world.accept(Fixture.alert(1, .active, (1...8).map { Fixture.hint("n\($0)", priority: $0, watts: 700) }))
        world.work()
        world.perform(
            world.book.accept(Fixture.alert(1, .resolved), origin: Fixture.origin, now: world.now))
        world.now = world.now + .seconds(1)
        _ = world.book.tick(now: world.now)
        let changes = world.book.takeChanges()
        #expect(changes.breaches.isEmpty)
        #expect(changes.letGo.count == 2)
    }

    @Test func aRestartFindsWhatSmallChangesSaid() throws {
        var world = BreachWorld {
            $0.throttleGPUSpeed = .percent(50)
            $0.holdDown = .zero
            $0.step = .percent(25)
        }
        for node in [2, 5] {
            world.faults[ControlKey(resource: "n\(node)-gpu0", facet: .speedLimit)] = BMCFault(
                .unsupported, "no speed limit")
        }
        world.accept(Fixture.alert(1, .active, slow(1...8)))
        world.work()
        #expect(world.restarted().book.breaches == world.book.breaches)
        world.perform(
            world.book.accept(Fixture.alert(1, .resolved), origin: Fixture.origin, now: world.now))
        world.now = world.now + .seconds(1)
        world.perform(world.book.tick(now: world.now))
        #expect(world.durable.breaches[Fixture.id(1)]?.released == world.book.breaches[Fixture.id(1)]?.released)
        #expect(world.durable.breaches[Fixture.id(1)]?.plans == world.book.breaches[Fixture.id(1)]?.plans)
        var after = world.restarted()
        after.pass(.seconds(120))
        #expect(after.book.breaches[Fixture.id(1)]?.isClosed == true)
        #expect(after.book.controls.isEmpty)
    }

    /// Of a breach that is over nothing is kept that grows with its hints, and the next one still waits longer.
    @Test func whatIsOverIsSmallAndStillDampens() {
        var world = BreachWorld { $0.holdDown = .seconds(30) }
        world.accept(Fixture.alert(1, .active, [Fixture.hint("n1", watts: 700)]))
        world.work()
        world.accept(Fixture.alert(1, .resolved))
        world.pass(.seconds(60))
        let over = world.durable.breaches[Fixture.id(1)]
        #expect(over?.isClosed == true)
        #expect(over?.plans.isEmpty == true && over?.released.isEmpty == true && over?.isWithPlans == true)
        var after = world.restarted()
        after.accept(Fixture.alert(2, .active, [Fixture.hint("n1", watts: 700)]))
        #expect(after.book.breaches[Fixture.id(2)]?.holdDown == .seconds(60))
        #expect(
            after.book.objection(to: Fixture.alert(1), source: Fixture.origin.source, now: after.now)
                == .breachResolved)
    }
}
