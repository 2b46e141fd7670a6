import Inventory
import PowerEvents
import Settings
import Site
import Testing

@testable import Shedding

/// Racks and machines in which not everything is the breach's to touch.
struct MixedRackTests {
    private static let site: Site = {
        let problems = ProblemCollector()
        var reader = SiteReader(problems: problems)
        let text = """
            credentials: { bmc: { username: u, password: "x" } }
            defaults: { bmc: { credentials: bmc, tls: { verify: false } } }
            chassis: [{ id: rack }]
            nodes:
              - { id: a1, bmc: https://10.0.0.1, chassis: rack, feeds: [main-a] }
              - { id: a2, bmc: https://10.0.0.2, chassis: rack, feeds: [main-a] }
              - { id: b1, bmc: https://10.0.0.3, chassis: rack, feeds: [main-b] }
              - id: p1
                bmc: https://10.0.0.4
                chassis: rack
                feeds: [main-a]
                gpus: { id: "{node}-gpu[0-1]", processor: "GPU_[0-1]" }
              - id: q1
                bmc: https://10.0.0.5
                chassis: rack
                feeds: [main-a]
                gpus: [{ id: q1-gpu0, processor: GPU_0, protected: true }, { id: q1-gpu1, processor: GPU_1 }]
            """
        if let file = SettingsFile.parse(text, file: "s", environment: [:], problems: problems) { reader.read(file) }
        return reader.finish()
    }()

    private func plan(_ hints: [ShedHint], feed: String = "main-a", sightings: Sightings = Sightings()) -> [PlannedHint]
    {
        var policy = Policy()
        policy.maxSuspended = .percent(100)
        return Planner(site: Self.site, policy: policy, sightings: sightings).plan(hints, feed: feed)
    }

    private func hint(_ name: String, _ type: ResourceType, _ action: ShedAction, watts: Int? = nil) -> ShedHint {
        ShedHint(
            resourceID: name, resourceType: type, action: action, priority: 1,
            targetPower: watts.map { PowerQuantity(watts: Watts($0), unit: .watt) })
    }

    @Test(arguments: [ShedAction.suspend, .throttle, .powerCap])
    func aRackReachesNothingOfAnotherFeed(_ action: ShedAction) {
        let plan = plan([hint("rack", .chassis, action)])[0]
        #expect(plan.controls.map(\.resource) == ["a1", "a2", "p1"] + (action == .suspend ? [] : ["q1"]))
        #expect(plan.exceptions.contains(.otherFeed("b1", feeds: ["main-b"])))
        let other = self.plan([hint("rack", .chassis, action)], feed: "main-b")[0]
        #expect(other.controls.map(\.resource) == ["b1"])
    }

    /// What is none of the breach's, and what operators keep from it, does not make the rest less than was asked.
    @Test func whatIsNotToBeTouchedIsNoFailure() {
        let plan = plan([hint("rack", .chassis, .suspend)])[0]
        let off = Outcome.applied(.suspended(.off), value: .power(.off))
        let result = plan.result(plan.controls, plan.controls.map { _ in off })
        #expect(result.code == .applied && result.message?.contains("main-b") == true, "\(result)")
        let failed = plan.result(plan.controls, [off, off, .failed(.frozen)])
        #expect(failed.code == .failed)
    }

    /// A machine that goes down takes along what is in it.
    @Test func aMachineWithAProtectedGPUIsNotSwitchedOff() {
        let plan = plan([hint("q1", .node, .suspend), hint("q1", .node, .powerCap, watts: 600)])
        #expect(plan[0].verdict == .skipped(.protected("q1-gpu0")))
        #expect(plan[1].controls == [ControlKey(resource: "q1", facet: .powerLimit)])
    }

    /// The one limit of all GPUs is each one's.
    @Test func theLimitOfAllGPUsIsNotWrittenWhereOneIsNotToBeTouched() {
        var sightings = Sightings()
        for node in ["p1", "q1"] {
            sightings.miss(ControlKey(resource: node, facet: .powerLimit))
            sightings.take(
                Sight(controls: [
                    ControlKey(resource: node, facet: .gpuTotal): ControlSight(
                        range: PowerRange(minimum: Watts(200), maximum: Watts(1400)), limit: Watts(1400))
                ]), now: Fixture.start)
        }
        let plans = plan(
            [hint("p1", .node, .powerCap, watts: 600), hint("q1", .node, .powerCap, watts: 600)], sightings: sightings)
        let keys = plans.flatMap(\.controls)
        #expect(keys.contains(ControlKey(resource: "p1", facet: .gpuTotal)), "\(plans)")
        #expect(!keys.contains { $0.resource == "q1-gpu0" || $0 == ControlKey(resource: "q1", facet: .gpuTotal) })
    }

    /// A drill is on whatever it was told, also where that is met through what is inside.
    @Test func aDrillReachesGPUsThatNameTheirFeeds() {
        var sightings = Sightings()
        sightings.miss(ControlKey(resource: "p1", facet: .powerLimit))
        let plans = plan([hint("p1", .node, .powerCap, watts: 600)], feed: Breach.drillFeed, sightings: sightings)
        #expect(Set(plans.flatMap(\.controls).map(\.resource)) == ["p1-gpu0", "p1-gpu1"], "\(plans)")
    }

    /// A node that came to hold a protected GPU with a reload is not switched off any more.
    @Test func aReloadThatProtectsAGPUKeepsItsNodeUp() throws {
        var world = CoreWorld()
        world.alert(Fixture.alert(1, .active, [Fixture.hint("n1", .suspend)]))
        world.commitAll()
        let resources = Fixture.site.order.compactMap { Fixture.site.resources[$0] }.map { known in
            guard known.id == "n1-gpu0" else { return known }
            return Resource(
                id: known.id, type: .gpu, bmc: known.bmc, parent: known.parent, isProtected: true, feeds: known.feeds)
        }
        world.step(.reloaded(Site(resources: resources), world.core.book.policy, .enforce))
        world.commitAll()
        try world.answerRead("n1", Fixture.power(.on))
        world.commitAll()
        #expect(world.writes.isEmpty)
    }
}
