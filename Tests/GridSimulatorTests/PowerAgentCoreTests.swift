import GridSimulator
import PowerEvents
import StrictJSON
import Testing

struct PowerAgentCoreTests {
    @Test func aTargetIsRampedDownToAndItsRemovalUpFrom() {
        let world = GridWorld()
        world.run(3)
        #expect(world.watts == 10_000)
        world.set(7000)
        world.run(30)
        #expect(world.events == [.targetSet, .startRampDown, .endRampDown])
        #expect(world.watts <= 7000 && world.watts > 6000)
        let last = world.states.last?.feeds.first?.state
        #expect(last?.compliant == true && last?.targets.first?.active == true && last?.inFlight == false)
        #expect(last?.powerEventStart != nil)
        world.set(nil)
        world.run(30)
        #expect(world.events.suffix(3) == [.targetSet, .startRampUp, .endRampUp])
        #expect(world.watts == 10_000 && world.alerts.isEmpty)
        #expect(world.states.last?.feeds.first?.state.powerEventStart == nil)
        #expect(world.traces.contains { $0?.traceID == GridWorld.trace.traceID })
    }

    @Test func aScheduledTargetBeginsAndEndsByItself() {
        let world = GridWorld()
        world.set(7000, from: 10, to: 60)
        world.run(5)
        #expect(world.events == [.targetSet])
        #expect(world.states.last?.feeds.first?.state.targets.first?.active == false)
        world.run(40)
        #expect(world.events == [.targetSet, .startRampDown, .endRampDown])
        world.run(60)
        #expect(world.events == [.targetSet, .startRampDown, .endRampDown, .startRampUp, .endRampUp])
        #expect(world.watts == 10_000)
    }

    @Test func theEventStandsInEachFeedWhereTheRevisionHasItThere() {
        let world = GridWorld { $0.layout = .perFeed }
        world.set(7000)
        world.run(20)
        #expect(world.events == [.targetSet, .startRampDown, .endRampDown])
        #expect(world.states.allSatisfy { $0.event == nil })
    }

    /// 6,650 W are drawn under a target of 7,000 W when a burst comes.
    private func breached(by watts: Double, _ change: (inout PowerAgentPolicy) -> Void = { _ in }) -> GridWorld {
        let world = GridWorld(change)
        world.set(7000)
        world.run(30)
        for node in GridWorld.nodes { world.surge[node] = watts / 10 }
        world.run(3)
        return world
    }

    @Test func asManyAreAskedAsTheExcessNeedsByPriority() throws {
        let world = breached(by: 800)
        let alert = try #require(world.alerts.first)
        #expect(
            alert.status == .active && alert.severity == .warning && alert.targetCorrelationID == GridWorld.correlation)
        #expect(alert.measuredLoad.watts > Watts(7000) && alert.resolvedAt == nil)
        // What is needed can be had from the first five.
        #expect(alert.shedHints.map(\.resourceID) == Array(GridWorld.nodes.prefix(5)))
        #expect(world.watts <= 7000)
        let more = breached(by: 3000)
        #expect(more.alerts.first?.severity == .critical && more.alerts.first?.shedHints.count == 10)
        #expect(more.watts <= 7000)
    }

    /// That our own caps bring the load under the target does not end a breach.
    @Test(arguments: [true, false]) func aBreachIsOverOnlyWhenTheDemandIs(tellsDemand: Bool) {
        let world = breached(by: 900)
        world.tellsDemand = tellsDemand
        world.run(60)
        #expect(Set(world.alerts.map(\.breachID)).count == 1 && world.alerts.allSatisfy { $0.status == .active })
        #expect(world.alerts.count >= 4, "an open breach is told again")
        #expect(Set(world.alerts.map(\.detectedAt)).count == 1)
        world.surge = [:]
        // Without that, only what falls far under its cap shows that it is free.
        if !tellsDemand { for node in GridWorld.nodes.prefix(5) { world.work[node] = 100 } }
        world.run(20)
        #expect(world.alerts.last?.status == .resolved && world.alerts.last?.shedHints.isEmpty == true)
        #expect(world.alerts.last?.resolvedAt != nil && world.core.feeds["main-a"]?.breach == nil)
        world.run(60)
        #expect(Set(world.alerts.map(\.breachID)).count == 1)
    }

    @Test func theNaiveOneFlapsWithItsOwnCaps() {
        let world = breached(by: 900) {
            $0.resolve = .measured; $0.stampsAnew = true; $0.repeats = false
        }
        world.run(60)
        #expect(Set(world.alerts.map(\.breachID)).count > 5)
        #expect(world.alerts.last.map { $0.detectedAt > GridWorld.start + .seconds(60) } == true)
    }

    @Test func itEscalatesOnceAtATwentyPercentExcess() {
        let world = breached(by: 800) { $0.settle = .seconds(1000) }
        world.obeys = false
        world.caps = [:]
        for node in GridWorld.nodes { world.surge[node] = 260 }
        world.run(5)
        #expect(world.alerts.map(\.status).suffix(1) == [.escalated] && world.alerts.last?.severity == .critical)
        #expect(world.alerts.count { $0.status == .escalated } == 1)
        #expect(Set(world.alerts.map(\.breachID)).count == 1)
    }

    @Test func whatIsAskedForOnlyTightens() throws {
        let world = breached(by: 900)
        world.obeys = false
        world.caps = [:]
        world.run(40)
        let caps = world.alerts.map { alert in
            Dictionary(uniqueKeysWithValues: alert.shedHints.map { ($0.resourceID, $0.targetPower?.watts ?? .zero) })
        }
        for (before, after) in zip(caps, caps.dropFirst()) {
            #expect(before.allSatisfy { id, watts in after[id].map { $0 <= watts } ?? false })
        }
        #expect(caps.last?.count == 10, "what stays above its target asks everybody in the end")
    }

    @Test func othersAreAskedForWhatFailed() {
        let world = breached(by: 900)
        world.obeys = false
        world.caps = [:]
        let failed: Set = ["node-0", "node-1", "node-2"]
        world.run(1)
        world.answer(failed: failed)
        let ids = world.alerts.last?.shedHints.map(\.resourceID) ?? []
        #expect(ids.contains("node-7"), "\(ids)")
        #expect(world.notes.contains { $0.contains("cannot give") })
    }

    @Test func aStaleMeterBeginsAndEndsNothing() {
        let world = GridWorld()
        world.set(7000)
        world.run(30)
        world.isMeterLive = false
        world.surge = ["node-0": 3000]
        world.run(60)
        #expect(world.alerts.isEmpty)
        #expect(world.states.last?.feeds.first?.state.compliant == false, "what is not known is not compliant")
        world.isMeterLive = true
        world.run(3)
        #expect(world.alerts.count == 1)
        world.isMeterLive = false
        world.surge = [:]
        world.run(60)
        #expect(world.alerts.allSatisfy { $0.status != .resolved })
        world.isMeterLive = true
        world.run(20)
        #expect(world.alerts.last?.status == .resolved)
    }

    /// A reading that is old, or from the future, is none.
    @Test func readingsAreJudgedByTheirOwnTime() {
        let world = GridWorld()
        world.set(1000)
        var old = world.reading
        old.at = world.now - .seconds(60)
        var core = world.core
        _ = core.step(.reading(old), at: world.now)
        #expect(core.feeds["main-a"]?.breach == nil)
        old.at = world.now + .seconds(600)
        _ = core.step(.reading(old), at: world.now)
        #expect(core.feeds["main-a"]?.ramp?.settled == 0)
    }

    @Test func bestEffortRaisesNoAlert() {
        let world = GridWorld { $0.rampLimit = .seconds(10) }
        world.set(1000, bestEffort: true)
        world.run(60)
        #expect(world.alerts.isEmpty && world.states.last?.feeds.first?.state.compliant == false)
        #expect(world.notes.contains { $0.contains("has not brought the load under its target") })
    }

    @Test func theRemovalOfATargetResolvesItsBreach() {
        let world = breached(by: 900)
        world.set(nil)
        #expect(world.alerts.last?.status == .resolved)
        #expect(world.events.suffix(2) == [.targetSet, .startRampUp])
    }

    @Test func anOpenBreachOutlivesARestart() throws {
        let world = breached(by: 900)
        let before = try #require(world.core.feeds["main-a"]?.breach)
        let record = PowerAgentRecord(feeds: world.core.feeds, remembered: ["a", "b"])
        let read = try PowerAgentRecord(
            json: JSONValue(parsing: record.json.bytes), profiles: [GridWorld.profile])
        #expect(read.remembered == ["a", "b"])
        let feed = try #require(read.feeds["main-a"])
        #expect(
            feed.breach?.id == before.id && feed.breach?.hints == before.hints && feed.breach?.before == before.before)
        #expect(feed.applied == world.core.feeds["main-a"]?.applied && feed.admitted == world.admitted)
        let published = world.alerts.count
        world.core = GridWorld.core(world.core.policy, [feed])
        world.run(1)
        #expect(world.alerts.count == published + 1 && world.alerts.last?.breachID == before.id)
        world.surge = [:]
        world.run(30)
        #expect(world.alerts.last?.status == .resolved && world.alerts.last?.breachID == before.id)
    }

    @Test func wrongTargetsAreSaidAndNotScheduled() {
        let world = GridWorld()
        world.set(7000, from: -100, to: -50)
        #expect(world.notes.contains { $0.contains("is over") } && world.events.isEmpty)
        world.set(0)
        #expect(world.notes.contains { $0.contains("must be above 0") } && world.events.isEmpty)
    }
}
