import GridSimulator
import PowerEvents
import Site
import Testing

struct HintChoiceTests {
    private func choose(
        _ goal: Double, _ resources: [Sheddable], draws: [String: Double], expected: Double? = nil,
        asked: [String: ShedHint] = [:], failed: Set<String> = []
    ) -> HintChoice {
        let total = draws.values.reduce(0, +)
        return HintChoice(
            feed: "a", goal: goal, expected: expected ?? total,
            reading: MeterReading(at: .now, feeds: ["a": total], nodes: draws), topology: ShedTopology(resources),
            asked: asked, failed: failed)
    }

    private func caps(_ choice: HintChoice) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: choice.hints.map { ($0.resourceID, $0.targetPower?.watts.wholeWatts ?? -1) })
    }

    @Test func thoseOfOnePriorityGiveTheSamePartOfWhatTheyCan() {
        let resources = ["x", "y"].map { Sheddable(id: $0, type: .node, priority: 1, lowest: 200, feeds: ["a"]) }
        let choice = choose(1200, resources, draws: ["x": 1000, "y": 600])
        // 400 W of the 1,200 that they have above 200 W each.
        #expect(caps(choice) == ["x": 733, "y": 466] && choice.uncovered == 0)
    }

    @Test func theNextPriorityIsAskedOnlyForWhatIsLeft() {
        let resources = [
            Sheddable(id: "last", type: .node, action: .suspend, priority: 3, feeds: ["a"]),
            Sheddable(id: "first", type: .node, priority: 1, lowest: 900, feeds: ["a"]),
            Sheddable(id: "second", type: .node, action: .throttle, priority: 2, feeds: ["a"]),
        ]
        let draws = ["first": 1000.0, "second": 1000, "last": 1000]
        #expect(choose(2950, resources, draws: draws).hints.map(\.resourceID) == ["first"])
        #expect(choose(2700, resources, draws: draws).hints.map(\.resourceID) == ["first", "second"])
        let all = choose(1000, resources, draws: draws)
        #expect(all.hints.map(\.action) == [.powerCap, .throttle, .suspend] && all.uncovered > 0)
        #expect(choose(2700, resources, draws: draws, failed: ["first"]).hints.map(\.resourceID) == ["second"])
    }

    @Test func whatIsNotMeteredIsNotAskedForWatts() {
        let resources = ["x", "y"].map { Sheddable(id: $0, type: .node, priority: 1, lowest: 100, feeds: ["a"]) }
        #expect(choose(500, resources, draws: ["x": 1000]).hints.map(\.resourceID) == ["x"])
    }

    /// Half of what a machine on two feeds gives is given to the other.
    @Test func aMachineOnTwoFeedsGivesEachItsShare() {
        let shared = [Sheddable(id: "x", type: .node, priority: 1, lowest: 0, feeds: ["a", "b"])]
        let reading = MeterReading(at: .now, feeds: ["a": 500], nodes: ["x": 1000])
        let choice = HintChoice(
            feed: "a", goal: 400, expected: 500, reading: reading, topology: ShedTopology(shared))
        #expect(caps(choice) == ["x": 800])
    }

    @Test func aSiteSuggestsItsGPUsAndThenItsOtherNodes() {
        let feeds = ["a"]
        let site = Site(resources: [
            Resource(id: "rack", type: .chassis, feeds: feeds),
            Resource(id: "cpu", type: .node, parent: "rack", floor: Watts(300), feeds: feeds),
            Resource(id: "login", type: .node, parent: "rack", isProtected: true, feeds: feeds),
            Resource(id: "dgx", type: .node, parent: "rack", feeds: feeds),
            Resource(id: "gpu0", type: .gpu, parent: "dgx", feeds: feeds),
        ])
        let found = ShedTopology(site: site).resources
        #expect(found.map(\.id) == ["gpu0", "cpu"] && found.map(\.lowest) == [nil, 300])
        let tiers = [ShedTopology.Tier(priority: 4, resources: ["rack"], type: .node, action: .suspend)]
        #expect(ShedTopology(site: site, tiers: tiers).resources.map(\.id) == ["cpu", "dgx"])
    }
}
